#pragma once

#include "app/session_file.h"
#include "widgets/theme.h"
#include "widgets/view.h"

#include <QObject>

#include <optional>

class QWidget;

namespace attendre {

class FirstPoint;
class Workbench;

// Where one was: in each trace, so that it opens there again, and as sessions in files.
class WindowSession : public QObject {
    Q_OBJECT
  public:
    // remember: places are kept from day to day. theme, workbench, first outlive it.
    WindowSession(const ViewContext& context, Theme* theme, Workbench* workbench, FirstPoint* first,
                  bool remember, QObject* parent);

    // Keeps the place in the open trace.
    void keepPlace();
    void choose(QWidget* window); // asks for a file and saves
    void save(const QString& path);
    // The session's trace opens, and everything stands as it did. Errors: readSession().
    Result<void> open(const QString& path);

  signals:
    void said(const QString& sentence);
    void refused(const QString& sentence);
    void traceWanted(const QString& path);
    void themeWanted(attendre::Theme::Kind kind);

  private:
    std::optional<Place> placeIn(const std::vector<RunInfo>& runs) const;
    void follow(const Point& now);
    void arrive();

    ViewContext m_context;
    Theme* m_theme;
    Workbench* m_workbench;
    bool m_remember;
    std::optional<SessionFile> m_opening; // until its trace is open
    QString m_key;                        // of the open trace among the places: its newest run
    Place m_place;                        // where one is in it
};

} // namespace attendre
