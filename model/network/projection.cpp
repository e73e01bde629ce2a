#include "model/network/torch_headers.h"

#include "model/network/projection.h"

#include <ATen/core/dispatch/Dispatcher.h>

namespace attendre {

namespace {

at::Tensor blocked(const at::Tensor& weight, std::int64_t rows) {
    static const auto reorder =
        c10::Dispatcher::singleton()
            .findSchemaOrThrow("mkldnn::_reorder_linear_weight", "")
            .typed<at::Tensor(const at::Tensor&, std::optional<c10::SymInt>)>();
    return reorder.call(weight, c10::SymInt(rows));
}

at::Tensor multiplyBlocked(const at::Tensor& x, const at::Tensor& weight) {
    using Attributes = c10::List<std::optional<at::Scalar>>;
    static const auto linear =
        c10::Dispatcher::singleton()
            .findSchemaOrThrow("mkldnn::_linear_pointwise", "")
            .typed<at::Tensor(const at::Tensor&, const at::Tensor&,
                              const std::optional<at::Tensor>&, c10::string_view, Attributes,
                              std::optional<c10::string_view>)>();
    return linear.call(x, weight, std::nullopt, "none", Attributes(), "");
}

} // namespace

Projection::Projection(at::Tensor weight, at::Tensor bias, std::int64_t rows)
    : m_weight(std::move(weight)), m_bias(std::move(bias)), m_outputs(m_weight.size(0)) {
    const bool blockable = m_weight.device().is_cpu() && m_weight.scalar_type() == at::kFloat &&
                           !m_bias.defined() && at::globalContext().userEnabledMkldnn();
    if (blockable) {
        m_blocked = blocked(m_weight, rows);
        m_weight.reset();
    }
}

at::Tensor Projection::operator()(const at::Tensor& x) const {
    return m_blocked.defined() ? multiplyBlocked(x, m_blocked) : at::linear(x, m_weight, m_bias);
}

} // namespace attendre
