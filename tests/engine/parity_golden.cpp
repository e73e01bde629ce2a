#include "tests/engine/parity_golden.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <cmath>

namespace attendre::slow {

static const QString golden = QStringLiteral(ATTENDRE_SOURCE_DIR "/tests/golden/");

QStringList parityFiles() {
    return QDir(golden + "parity").entryList({"*.json"}, QDir::Files, QDir::Name);
}

ParityGolden parityGolden(const QString& name) {
    QFile file(golden + "parity/" + name);
    if (!file.open(QIODevice::ReadOnly))
        qFatal("%s cannot be read", qPrintable(file.fileName()));
    const QJsonObject json = QJsonDocument::fromJson(file.readAll()).object();
    ParityGolden result{golden + "models/" + json["model"].toString(), {}, {}, {}};
    for (const QJsonValue& id : json["ids"].toArray())
        result.ids.push_back(id.toInt());
    for (const QJsonValue& value : json["nll_f64"].toArray())
        result.nll.push_back(value.toDouble());
    for (const QJsonValue& next : json["after_prefix_f64"].toArray())
        result.afterPrefix.push_back({next[0].toInt(), next[1].toDouble()});
    return result;
}

double worstError(const std::vector<double>& nll, const std::vector<double>& reference) {
    if (nll.empty() || nll.size() != reference.size())
        return INFINITY;
    double worst = 0;
    for (size_t i = 0; i < reference.size(); ++i) {
        const double error = std::abs(nll[i] - reference[i]) / reference[i];
        worst = std::isnan(error) ? INFINITY : std::max(worst, error);
    }
    return worst;
}

} // namespace attendre::slow
