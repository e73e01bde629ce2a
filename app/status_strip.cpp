#include "app/status_strip.h"

#include "app/eliding_label.h"

#include <QProgressBar>
#include <QPushButton>

namespace attendre {

namespace {
constexpr int patience = 500; // ms
}

StatusStrip::StatusStrip(TraceSource* source, QWidget* parent)
    : QStatusBar(parent), m_source(source), m_sentence(new ElidingLabel(QString(), this)),
      m_what(new QLabel(this)), m_engine(new QLabel(this)), m_bar(new QProgressBar(this)),
      m_cancel(new QPushButton(tr("Cancel"), this)) {
    setSizeGripEnabled(false);
    m_engine->setObjectName(QStringLiteral("engine"));
    m_bar->setFixedWidth(140);
    m_bar->setTextVisible(false);
    m_bar->setAccessibleName(tr("Progress"));
    m_cancel->setStyleSheet(QStringLiteral("padding: 0 8px; min-height: 16px;"));
    addWidget(m_sentence, 1);
    for (QWidget* widget : std::initializer_list<QWidget*>{m_what, m_bar, m_cancel, m_engine})
        addPermanentWidget(widget);
    showProgress(false);
    m_watch.setInterval(100);
    connect(&m_watch, &QTimer::timeout, this, &StatusStrip::watch);
    connect(m_cancel, &QPushButton::clicked, this, &StatusStrip::cancelWanted);
    connect(this, &QStatusBar::messageChanged, this, [this](const QString& text) {
        if (!text.isEmpty()) // status tips of menus come this way
            say(text);
    });
    m_watch.start();
}

void StatusStrip::say(const QString& sentence) {
    m_sentence->setText(sentence);
}

void StatusStrip::setEngine(const QString& state) {
    m_engine->setText(state);
}

void StatusStrip::setProgress(const QString& what, qint64 done, qint64 total) {
    if (!m_working) {
        m_working = true;
        m_since.start();
    }
    m_what->setText(what);
    m_bar->setRange(0, total > 0 ? 1000 : 0);
    if (total > 0)
        m_bar->setValue(int(1000 * done / total));
}

void StatusStrip::endProgress() {
    m_working = false;
    m_since.invalidate();
    showProgress(false);
}

// Readings of the trace have no end that is known; they show as busy where they take long.
void StatusStrip::watch() {
    const bool reading = m_source->pending() > 0;
    if (!m_working && !reading) {
        if (m_since.isValid())
            endProgress();
        return;
    }
    if (!m_since.isValid())
        m_since.start();
    if (m_since.elapsed() < patience)
        return;
    if (!m_working) {
        m_what->setText(tr("reading the trace"));
        m_bar->setRange(0, 0);
    }
    showProgress(true);
}

void StatusStrip::showProgress(bool visible) {
    for (QWidget* widget : std::initializer_list<QWidget*>{m_what, m_bar, m_cancel})
        widget->setVisible(visible);
}

} // namespace attendre
