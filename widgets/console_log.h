#pragma once

#include <QAbstractTableModel>
#include <QDateTime>

#include <vector>

namespace attendre {

// What the engine and the program have said, in order: the model behind the Console view. The main
// window feeds it; whoever shows it filters and copies. The oldest lines go when there are too
// many.
class ConsoleLog : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum class Kind : std::uint8_t { Engine, Notice, Problem };
    enum Column { Time, KindName, Text, ColumnCount };

    struct Line {
        QDateTime time;
        Kind kind = Kind::Engine;
        QString text;
        int times = 1; // the same sentence said again at once is counted, not repeated
    };

    static constexpr int mostLines = 10'000;

    explicit ConsoleLog(QObject* parent = nullptr, int most = mostLines);

    // What the engine writes of its own accord.
    void addEngineLine(const QString& text) { add(Kind::Engine, text); }
    // Allowed, but a person should know.
    void addNotice(const QString& sentence) { add(Kind::Notice, sentence); }
    // It failed: the sentence says what, and what to do.
    void addProblem(const QString& sentence) { add(Kind::Problem, sentence); }
    void add(Kind kind, const QString& text);
    void clear();

    const std::vector<Line>& lines() const { return m_lines; }
    int problems() const { return m_problems; }
    static QString kindName(Kind kind);
    // "12:03:04  problem  The model file …": as it is copied.
    static QString asText(const Line& line);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation,
                        int role = Qt::DisplayRole) const override;

  signals:
    void problemAdded(const QString& sentence);

  private:
    std::vector<Line> m_lines;
    int m_most;
    int m_problems = 0;
};

} // namespace attendre
