#pragma once

#include "widgets/result_items_panel.h"
#include "widgets/results_source.h"

#include <QMainWindow>

#include <functional>

class QLabel;

namespace attendre {

class MessageBar;
class QuestionRecording;
class ResultsView;
class Theme;

// The results of an evaluation in a window of their own: it makes the parts and connects them,
// nothing else.
class ResultsWindow : public QMainWindow {
    Q_OBJECT
  public:
    // remember: its geometry is kept from session to session. The theme outlives it.
    ResultsWindow(const Theme* theme, bool remember, QWidget* parent = nullptr);

    // opened() or couldNotOpen() follows.
    void open(const QString& path) { m_source.open(path); }
    bool isReading() const { return m_source.isReading(); }

    ResultsView& view() { return *m_view; }
    ResultsSource& source() { return m_source; }
    QuestionRecording& recording() { return *m_recording; }
    MessageBar& messages() { return *m_messages; }

  signals:
    void opened(const QString& path);
    void couldNotOpen(const QString& sentence);
    void openWanted(); // a person wants to choose other results
    void traceWanted(const attendre::ChosenQuestion& question);

  protected:
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

  private:
    void build();
    void buildMenu();
    void wireSource();
    void wireRecording();
    void refuse(const QString& sentence);
    void showTitle();

    const Theme* m_theme;
    bool m_remember;
    ResultsSource m_source;
    QuestionRecording* m_recording;
    MessageBar* m_messages = nullptr;
    ResultsView* m_view = nullptr;
    QLabel* m_said = nullptr;
    QString m_shownPath;
};

// Asks for a file of results, or a sweep by its sweep.json; chosen(path) is called where there is
// one.
void chooseResults(QWidget* parent, const std::function<void(const QString&)>& chosen);

} // namespace attendre
