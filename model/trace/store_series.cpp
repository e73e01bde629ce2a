#include "model/trace/layout.h"
#include "model/trace/store.h"

#include <algorithm>

namespace attendre {

// One series of a run with the rows that were read of it. Rows that are not written yet (the last
// steps of a growing run) are folded from the level below, and values from the steps' numbers.
class Store::Pyramid {
  public:
    Pyramid(Store& store, int run, const Shape& shape, const SeriesChannels& channels, int channel)
        : m_store(store), m_run(run), m_shape(shape), m_channels(channels), m_channel(channel) {}

    // The extent of steps [from, to).
    Extent fold(qint64 from, qint64 to) {
        ExtentSum sum;
        for (qint64 at = from; at < to && !m_error;) {
            int level = layout::seriesLevels - 1;
            qint64 span = spanOf(level);
            while (level > 0 && (at % span != 0 || at + span > to)) {
                --level;
                span /= layout::stepsPerBlock;
            }
            sum.add(item(level, at / span));
            at += span;
        }
        return sum.extent();
    }
    const std::optional<Error>& error() const { return m_error; }

  private:
    // How many steps an item of a level stands for.
    static qint64 spanOf(int level) {
        qint64 span = 1;
        for (int l = 0; l < level; ++l)
            span *= layout::stepsPerBlock;
        return span;
    }

    Extent item(int level, qint64 index) {
        const auto& row = rowOf(level, index / layout::stepsPerBlock);
        const size_t place = size_t(index % layout::stepsPerBlock);
        if (place < row.size())
            return row[place];
        if (level == 0)
            return fromStep(index);
        ExtentSum sum;
        for (qint64 i = 0; i < layout::stepsPerBlock; ++i)
            sum.add(item(level - 1, index * layout::stepsPerBlock + i));
        return sum.extent();
    }

    const std::vector<Extent>& rowOf(int level, qint64 block) {
        const auto found = m_rows.find({level, block});
        if (found != m_rows.end())
            return found->second;
        auto row = read(level, block);
        if (!row)
            m_error = row.error();
        return m_rows[{level, block}] = row ? row.take() : std::vector<Extent>();
    }

    Result<std::vector<Extent>> read(int level, qint64 block) {
        auto select = m_store.database().prepare("SELECT data FROM t_series WHERE key = ?");
        if (!select)
            return select.error();
        const int code = select->bind(1, layout::seriesKey(m_run, level, m_channel, block)).step();
        if (code == SQLITE_DONE)
            return std::vector<Extent>();
        if (code != SQLITE_ROW)
            return m_store.database().error(code);
        const auto damage = [&] {
            return m_store.damaged(QString("the series of run %1 from step %2 on")
                                       .arg(m_run)
                                       .arg(block * spanOf(level + 1)));
        };
        auto bytes = m_store.content(m_run, select->blob(0));
        if (!bytes)
            return damage();
        if (level > 0) {
            auto extents = extentsFromBytes(*bytes);
            return extents ? extents : damage();
        }
        auto values = valuesFromBytes(*bytes);
        if (!values)
            return damage();
        std::vector<Extent> extents;
        for (float value : *values) {
            ExtentSum sum;
            sum.add(value);
            extents.push_back(sum.extent());
        }
        return extents;
    }

    Extent fromStep(qint64 step) {
        if (step >= m_shape.steps)
            return {};
        auto info = m_store.steps(m_run, int(step), 1);
        auto numbers = m_store.numbers(m_run, int(step));
        if (!info || !numbers || info->empty()) {
            m_error = !info      ? info.error()
                      : !numbers ? numbers.error()
                                 : m_store.noSuch("step", int(step));
            return {};
        }
        ExtentSum sum;
        sum.add(m_channels.values(info->front(), numbers->layers, numbers->heads)[m_channel]);
        return sum.extent();
    }

    Store& m_store;
    int m_run;
    Shape m_shape;
    SeriesChannels m_channels;
    int m_channel;
    std::map<std::pair<int, qint64>, std::vector<Extent>> m_rows;
    std::optional<Error> m_error;
};

Result<std::vector<Extent>> Store::extents(int run, Series series, int layer, int head, int first,
                                           int last, int count) {
    auto known = shape(run);
    if (!known)
        return known.error();
    auto measured = hasArchive(run);
    if (!measured)
        return measured.error();
    const SeriesChannels channels(known->layers, known->heads, *measured);
    const int channel = channels.channel(series, layer, head);
    if (channel < 0)
        return Error{QString("The trace %1 has no such series for layer %2, head %3.")
                         .arg(m_database->path())
                         .arg(layer)
                         .arg(head)};
    std::vector<Extent> extents(size_t(std::max(0, count)));
    const qint64 from = std::max(0, first), to = std::min<qint64>(qint64(last) + 1, known->steps);
    Pyramid pyramid(*this, run, *known, channels, channel);
    for (qint64 i = 0; i < count; ++i) {
        // Bounds follow from what was asked, so that a pixel keeps its steps while a run grows.
        const qint64 steps = qint64(last) + 1 - first;
        const qint64 begin = std::max(from, first + i * steps / count);
        const qint64 end = std::min(to, first + (i + 1) * steps / count);
        extents[size_t(i)] = pyramid.fold(begin, std::max(begin, end));
    }
    if (pyramid.error())
        return *pyramid.error();
    return extents;
}

} // namespace attendre
