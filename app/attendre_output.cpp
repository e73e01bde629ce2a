#include "app/attendre_output.h"

#include <QJsonDocument>
#include <QLocale>

#include <cmath>
#include <cstdio>
#include <unistd.h>

namespace attendre {

int report(const Error& error) {
    std::fprintf(stderr, "attendre: %s\n", qUtf8Printable(error.sentence));
    return error.exitCode;
}

void remark(const QString& sentence) {
    std::fprintf(stderr, "attendre: note: %s\n", qUtf8Printable(sentence));
}

void print(const QString& text) {
    const QByteArray bytes = text.toUtf8() + '\n';
    std::fwrite(bytes.data(), 1, size_t(bytes.size()), stdout);
}

void printJson(const QJsonObject& json) {
    const QByteArray bytes = QJsonDocument(json).toJson(QJsonDocument::Compact) + '\n';
    std::fwrite(bytes.data(), 1, size_t(bytes.size()), stdout);
}

QString timeLeft(double seconds, double share) {
    if (share <= 0)
        return {};
    const double left = seconds * (1 - share) / share;
    return left < 120 ? QString(" · %1 s left").arg(int(left))
                      : QString(" · %1 min left").arg(int(left / 60));
}

QString estimateText(const Estimate& e, double scale, int digits) {
    if (std::isnan(e.value))
        return "–";
    const auto text = [&](double value) { return QString::number(scale * value, 'f', digits); };
    return std::isnan(e.low)
               ? text(e.value)
               : QString("%1 (%2 to %3)").arg(text(e.value), text(e.low), text(e.high));
}

QString grouped(qint64 number) {
    return QLocale(QLocale::English).toString(number);
}

QString counted(qint64 number, const QString& one, const QString& several) {
    const QString many = several.isEmpty() ? one + 's' : several;
    return grouped(number) + ' ' + (number == 1 ? one : many);
}

ProgressLine::ProgressLine() : m_terminal(::isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
    if (m_shown)
        std::fputs("\r\033[K", stderr);
}

void ProgressLine::show(const QString& what, qint64 done, qint64 total) {
    if (!m_terminal)
        return;
    if (what != m_what) {
        m_what = what;
        m_since.start();
        m_drawn.invalidate();
    }
    if (m_drawn.isValid() && !m_drawn.hasExpired(100) && done != total)
        return;
    m_drawn.start();
    QString line = what;
    if (total > 0) {
        line +=
            QString("  %1 of %2  %3 %").arg(grouped(done), grouped(total)).arg(100 * done / total);
        if (done > 0 && done < total && m_since.elapsed() > 2000)
            line +=
                QString("  %1 s left").arg(m_since.elapsed() * (total - done) / done / 1000 + 1);
    }
    m_shown = true;
    std::fprintf(stderr, "\r\033[K%s", qUtf8Printable(line));
    std::fflush(stderr);
}

Stage ProgressLine::stage() {
    return [this](const QString& what, qint64 done, qint64 total) { show(what, done, total); };
}

} // namespace attendre
