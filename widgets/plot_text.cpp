#include "widgets/plot_text.h"

#include <QCoreApplication>
#include <QLocale>
#include <QStringDecoder>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("PlotText", text);
}

} // namespace

QString plainToken(const QByteArray& text) {
    if (text.isEmpty())
        return QStringLiteral("∅");
    QStringDecoder decoder(QStringDecoder::Utf8);
    QString shown = decoder(text);
    // A piece of a character decodes to a replacement, or to nothing when its rest is awaited.
    if (decoder.hasError() || shown.contains(QChar::ReplacementCharacter) || shown.isEmpty())
        return QStringLiteral("‹%1›").arg(QString::fromLatin1(text.toHex(' ')));
    const bool blank = std::all_of(shown.begin(), shown.end(), [](QChar c) { return c.isSpace(); });
    if (!blank && shown.startsWith(QLatin1Char(' ')))
        shown.remove(0, 1);
    shown.replace(QLatin1String("\r\n"), QLatin1String("⏎"));
    shown.replace(QLatin1Char('\n'), QChar(0x23CE));
    shown.replace(QLatin1Char('\r'), QChar(0x23CE));
    shown.replace(QLatin1Char('\t'), QChar(0x21E5));
    if (blank)
        shown.replace(QLatin1Char(' '), QChar(0x2423));
    return shown;
}

QString isolated(const QString& text) {
    const bool plain = std::all_of(text.begin(), text.end(), [](QChar c) {
        switch (c.direction()) {
        case QChar::DirR:
        case QChar::DirAL:
        case QChar::DirAN:
        case QChar::DirLRE:
        case QChar::DirLRO:
        case QChar::DirRLE:
        case QChar::DirRLO:
        case QChar::DirPDF:
        case QChar::DirLRI:
        case QChar::DirRLI:
        case QChar::DirFSI:
        case QChar::DirPDI:
            return false;
        default:
            return !c.isSurrogate(); // some scripts of the higher planes are written leftwards
        }
    });
    return plain ? text : QChar(0x2068) + text + QChar(0x2069);
}

QString quotedToken(const QByteArray& text) {
    return QStringLiteral("“%1”").arg(isolated(plainToken(text)));
}

QString wholeNumber(qint64 value) {
    return QLocale(QLocale::English).toString(value);
}

QString shortNumber(double value) {
    if (std::isinf(value))
        return value < 0 ? QStringLiteral("−∞") : QStringLiteral("∞");
    if (std::isnan(value))
        return QStringLiteral("–");
    const double size = std::abs(value);
    if (value == std::floor(value) && size < 1e15)
        return wholeNumber(qint64(value));
    const QLocale locale(QLocale::English);
    if (size >= 1000)
        return locale.toString(value, 'f', 0);
    if (size >= 100)
        return locale.toString(value, 'f', 1);
    if (size >= 0.01) {
        // Three significant digits, without zeros at the end.
        const int decimals = std::max(0, 2 - int(std::floor(std::log10(size))));
        QString text = locale.toString(value, 'f', decimals);
        while (text.endsWith(QLatin1Char('0')))
            text.chop(1);
        if (text.endsWith(QLatin1Char('.')))
            text.chop(1);
        return text;
    }
    if (size >= 1e-4)
        return locale.toString(value, 'f', 5);
    return locale.toString(value, 'e', 1);
}

QString percent(double share) {
    if (!std::isfinite(share))
        return QStringLiteral("–");
    const double value = share * 100;
    const QLocale locale(QLocale::English);
    const int decimals = value >= 9.95 || value == 0 ? 0 : value >= 0.095 ? 1 : 2;
    return QStringLiteral("%1 %").arg(locale.toString(value, 'f', decimals));
}

QString ordinal(int number) {
    const int tens = number % 100, ones = number % 10;
    const bool teen = tens >= 11 && tens <= 13;
    const char* ending = teen        ? "th"
                         : ones == 1 ? "st"
                         : ones == 2 ? "nd"
                         : ones == 3 ? "rd"
                                     : "th";
    return wholeNumber(number) + QLatin1String(ending);
}

QString policyName(const PolicyDescription& policy) {
    const QString name = policy.title.section(QLatin1Char(','), 0, 0).trimmed();
    return name.isEmpty() ? policy.name.toUpper() : name;
}

int chunkOf(const RunInfo& run) {
    return std::max(1, run.configuration.asked.chunk);
}

int memoryOf(const RunInfo& run, int layer) {
    const std::vector<int>& memory = run.configuration.memory;
    if (memory.empty())
        return int(run.tokens);
    return memory[std::min(std::size_t(std::max(0, layer)), memory.size() - 1)];
}

QString columnTitle(const QString& column) {
    static const std::pair<const char*, const char*> titles[] = {
        {"tick_inserted", QT_TRANSLATE_NOOP("PlotText", "tick inserted")},
        {"tick", QT_TRANSLATE_NOOP("PlotText", "tick inserted")},
        {"age", QT_TRANSLATE_NOOP("PlotText", "age in ticks")},
        {"last_tick", QT_TRANSLATE_NOOP("PlotText", "last attended tick")},
        {"recency", QT_TRANSLATE_NOOP("PlotText", "ticks since attended")},
        {"hits", QT_TRANSLATE_NOOP("PlotText", "hits")},
        {"mass", QT_TRANSLATE_NOOP("PlotText", "sum of weights")},
        {"mass_sq", QT_TRANSLATE_NOOP("PlotText", "sum of squared weights")},
        {"last_mass", QT_TRANSLATE_NOOP("PlotText", "last step's mass")},
        {"position", QT_TRANSLATE_NOOP("PlotText", "position")},
    };
    for (const auto& [name, title] : titles)
        if (column == QLatin1String(name))
            return tr(title);
    return column;
}

} // namespace attendre
