#pragma once

#include "widgets/query_run.h"
#include "widgets/view.h"

#include <QTimer>

class QCheckBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;
class QSplitter;

namespace attendre {

class QueryEditor;
class QueryMenu;
class QueryResultTable;
struct SavedQuery;

// SQL over the trace's public tables: written, run and cancelled here; a row leads to the point
// that it names, a result by steps becomes a track of the Timeline, queries are saved beside the
// trace.
class QueryView : public View {
    Q_OBJECT
  public:
    explicit QueryView(const ViewContext& context, QWidget* parent = nullptr);

    bool isBlank() const override { return false; }
    QSize minimumSizeHint() const override { return {220, 92}; }
    QSize sizeHint() const override { return {640, 240}; }

    QueryEditor* editor() const { return m_editor; }
    QueryResultTable* table() const { return m_table; }
    QueryMenu* menu() const { return m_menu; }
    const QueryRun& run() const { return m_run; }
    // What is said of the result, or of what went wrong.
    QString state() const;

  protected:
    void pointMoved(const Point& now, const Point& before) override;
    void traceOpened() override;
    void traceClosed() override;
    void themeChanged() override;
    void showEvent(QShowEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

  private:
    void makeEditorSide();
    void makeResultSide();
    void wire();
    void runNow();
    void runOrCancel();
    void take(std::shared_ptr<const QueryResult> result);
    void choose(const SavedQuery& query);
    void save();
    void go(int row, int column);
    void fillTrackMenu();
    void addTrack(PerStep how, int column);
    void saveCsv();
    void showState();
    QString resultState() const;
    void say(const QString& sentence, bool wrong);
    QString resultName() const;

    QueryRun m_run;
    QSplitter* m_sides;
    QWidget *m_editorSide, *m_resultSide, *m_nameRow;
    QLineEdit* m_name;
    QPushButton *m_queries, *m_save, *m_runButton, *m_toTimeline, *m_csv;
    QSpinBox* m_limit;
    QCheckBox* m_follow;
    QueryEditor* m_editor;
    QLabel *m_sentence, *m_stateLabel;
    QueryResultTable* m_table;
    QueryMenu* m_menu;
    QTimer m_clock; // while a query runs
    QString m_ranSql;
    Point m_ranAt;        // what its parameters stood for
    bool m_wanted = true; // to be run as soon as the view is seen
    bool m_again = false; // the point moved while a query ran
};

} // namespace attendre
