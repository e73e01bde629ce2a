#include "app/window_session.h"

#include "app/first_point.h"
#include "app/workbench.h"
#include "widgets/notebook.h"

#include <QDateTime>
#include <QFileDialog>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSettings>

#include <algorithm>
#include <utility>

namespace attendre {

namespace {

constexpr int mostPlaces = 200;
const char* const themes[] = {"light", "dark", "high-contrast"};

QString settingOf(const QString& key) {
    return QStringLiteral("places/") + key;
}

void forgetOldest(QSettings& settings) {
    settings.beginGroup(QStringLiteral("places"));
    QStringList keys = settings.childKeys();
    const auto age = [&](const QString& key) {
        return QJsonDocument::fromJson(settings.value(key).toByteArray())["when"].toDouble();
    };
    if (keys.size() > mostPlaces) {
        std::sort(keys.begin(), keys.end(),
                  [&](const QString& a, const QString& b) { return age(a) < age(b); });
        for (const QString& key : keys.mid(0, keys.size() - mostPlaces))
            settings.remove(key);
    }
    settings.endGroup();
}

} // namespace

WindowSession::WindowSession(const ViewContext& context, Theme* theme, Workbench* workbench,
                             FirstPoint* first, bool remember, QObject* parent)
    : QObject(parent), m_context(context), m_theme(theme), m_workbench(workbench),
      m_remember(remember) {
    first->setRemembered([this](const std::vector<RunInfo>& runs) { return placeIn(runs); });
    connect(context.source, &TraceSource::opened, this, &WindowSession::arrive);
    connect(context.source, &TraceSource::closed, this, &WindowSession::keepPlace);
    connect(context.point, &CurrentPoint::moved, this, &WindowSession::follow);
    // Runs that were added while one looked are not new when the trace is opened again.
    connect(context.source, &TraceSource::grown, this, [this] {
        if (!m_key.isEmpty() && m_context.source->isOpen())
            m_key = m_context.source->runs().back().uuid;
    });
}

// The place stands for the trace as it is: with another run behind the others it opens at that.
std::optional<Place> WindowSession::placeIn(const std::vector<RunInfo>& runs) const {
    if (m_opening)
        return m_opening->place;
    if (!m_remember || runs.empty())
        return std::nullopt;
    const QByteArray kept = QSettings().value(settingOf(runs.back().uuid)).toByteArray();
    const QJsonObject json = QJsonDocument::fromJson(kept).object();
    auto place = placeFromJson(json, QString());
    return json.isEmpty() || !place ? std::nullopt : std::optional(place.take());
}

// The trace may be gone when its place is to be kept, and another one open.
void WindowSession::follow(const Point& now) {
    if (!m_context.source->run(now.run))
        return;
    const QString key = m_context.source->runs().back().uuid;
    if (key != m_key)
        keepPlace();
    m_key = key;
    m_place = m_context.notebook->placeOf(now);
}

void WindowSession::arrive() {
    follow(m_context.point->now());
    if (const auto session = std::exchange(m_opening, std::nullopt)) {
        m_context.notebook->add(session->notes);
        m_workbench->restoreLayout(session->layout);
        emit said(tr("The session is open: %1.").arg(QFileInfo(session->trace).fileName()));
    }
}

void WindowSession::keepPlace() {
    if (!m_remember || m_key.isEmpty() || m_place.run.isEmpty())
        return;
    QJsonObject json = toJson(m_place);
    json["when"] = double(QDateTime::currentSecsSinceEpoch());
    QSettings settings;
    settings.setValue(settingOf(m_key), QJsonDocument(json).toJson(QJsonDocument::Compact));
    forgetOldest(settings);
}

void WindowSession::choose(QWidget* window) {
    const QFileInfo trace(m_context.source->path());
    auto* dialog = new QFileDialog(window, tr("Save the session"), trace.absolutePath(),
                                   tr("Sessions (*.%1)").arg(QLatin1String(sessionSuffix)));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QLatin1String(sessionSuffix));
    dialog->selectFile(trace.completeBaseName() + u'.' + QLatin1String(sessionSuffix));
    connect(dialog, &QFileDialog::fileSelected, this, &WindowSession::save);
    dialog->open();
}

void WindowSession::save(const QString& path) {
    const SessionFile session{
        QFileInfo(m_context.source->path()).absoluteFilePath(),
        m_context.notebook->placeOf(m_context.point->now()), m_workbench->layoutState(),
        QLatin1String(themes[int(m_theme->kind())]), m_context.notebook->content()};
    if (const auto written = writeSession(path, session); !written)
        emit refused(written.error().sentence);
    else
        emit said(tr("Saved: %1").arg(path));
}

Result<void> WindowSession::open(const QString& path) {
    auto session = readSession(path);
    if (!session)
        return session.error();
    m_opening = session.take();
    const auto theme = std::find(std::begin(themes), std::end(themes), m_opening->theme);
    if (theme != std::end(themes))
        emit themeWanted(Theme::Kind(theme - std::begin(themes)));
    emit traceWanted(m_opening->trace);
    return {};
}

} // namespace attendre
