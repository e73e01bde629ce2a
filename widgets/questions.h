#pragma once

#include <QObject>
#include <QString>

#include <functional>

namespace attendre {

// A question to what a run holds after one of its steps.
struct Question {
    int run = 0, step = 0;
    QString text;           // may be empty
    QString promptTemplate; // with {document} and {question}; empty: what fits the model
    int mostTokens = 64;    // of the answer
    double temperature = 0; // 0: the likeliest tokens
};

// Between who asks and whoever holds an engine: a question goes one way, what becomes of it the
// other. The answer itself is read from the trace, as a run of its own.
class Questions : public QObject {
    Q_OBJECT
  public:
    explicit Questions(QObject* parent = nullptr) : QObject(parent) {}

    // Why a run cannot be asked, in a sentence; empty: it can.
    using Obstacle = std::function<QString(int run)>;
    void setObstacle(Obstacle obstacle) { m_obstacle = std::move(obstacle); }
    QString obstacle(int run) const {
        return m_obstacle ? m_obstacle(run) : tr("Nobody here holds an engine.");
    }
    // A question is being answered.
    bool underWay() const { return m_underWay; }
    void setUnderWay(bool underWay);

  signals:
    // Said by who asks.
    void wanted(const attendre::Question& question);
    void stopWanted();
    // Said by who holds the engine.
    void started(int run); // the asking run is in the trace
    void answering(const QString& soFar, int tokens);
    void answered(int run);
    void failed(const QString& sentence);
    void changed(); // obstacle() or underWay() did

  private:
    Obstacle m_obstacle;
    bool m_underWay = false;
};

} // namespace attendre
