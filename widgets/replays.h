#pragma once

#include <QObject>
#include <QStringList>

namespace attendre {

// Between who wants a replay recorded as a run and whoever can: a wish goes one way, whether one is
// under way the other. The run itself is read from the trace.
class Replays : public QObject {
    Q_OBJECT
  public:
    explicit Replays(QObject* parent = nullptr) : QObject(parent) {}

    bool underWay() const { return m_underWay; }
    void setUnderWay(bool underWay) {
        m_underWay = underWay;
        emit changed();
    }

  signals:
    // The words behind `attendre` that record it.
    void wanted(const QStringList& arguments);
    void changed();

  private:
    bool m_underWay = false;
};

} // namespace attendre
