#pragma once

#include "widgets/result_items_panel.h"

#include <QProcess>
#include <QString>

#include <optional>

namespace attendre {

// Records the trace of one question: `attendre eval --record`, a process of its own, since the
// window writes no trace.
class QuestionRecording : public QObject {
    Q_OBJECT
  public:
    explicit QuestionRecording(QObject* parent = nullptr);
    ~QuestionRecording() override;

    // By default the `attendre` beside this program.
    void setProgram(const QString& program) { m_program = program; }
    bool isRunning() const { return m_process.state() != QProcess::NotRunning; }
    // As it is typed in a shell. Writes the file of options that it names. Errors: it cannot be
    // written.
    Result<QString> command(const ChosenQuestion& question) const;

  public slots:
    // Does nothing while another is being recorded.
    void begin(const attendre::ChosenQuestion& question);
    void stop();

  signals:
    void progress(const QString& what); // empty: nothing is being recorded
    void recorded(const attendre::ChosenQuestion& question);
    void failed(const QString& sentence);

  private:
    void ended();
    void finish(const QString& problem);

    QString m_program;
    QProcess m_process;
    std::optional<ChosenQuestion> m_question;
    bool m_stopped = false;
};

} // namespace attendre
