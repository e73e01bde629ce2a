#pragma once

#include "model/trace/reader.h"

#include <QObject>
#include <QPointer>
#include <QSet>

#include <functional>
#include <memory>
#include <vector>

namespace attendre {

// The open trace as the views see it. Readings run on a thread of their own with a Reader of its
// own, so that drawing never waits for a file; results come back on the thread of the receiver.
//
// A reading belongs to its receiver and a tag. A newer reading with the same receiver and tag
// replaces one that has not begun, and the result of an older one is never delivered after it.
class TraceSource : public QObject {
    Q_OBJECT
  public:
    explicit TraceSource(QObject* parent = nullptr);
    ~TraceSource() override;

    // Opens (or reopens) a file; opened() or failed() follows.
    void open(const QString& path);
    void close();
    // The file has grown: rereads runs and step counts; grown() follows.
    void refresh();

    bool isOpen() const { return !m_runs.empty(); }
    QString path() const { return m_path; }
    // As of the last opened() or grown().
    const std::vector<RunInfo>& runs() const { return m_runs; }
    const RunInfo* run(int run) const;
    int stepCount(int run) const;

    // Runs work(reader) on the reading thread, then done(result) on receiver's thread unless
    // receiver is gone, a newer reading with the same tag was asked for, or another file was
    // opened since.
    template <class T>
    void read(QObject* receiver, const char* tag, std::function<Result<T>(Reader&)> work,
              std::function<void(Result<T>)> done) {
        enqueue(receiver, tag,
                [this, work = std::move(work), done = std::move(done)](Reader& reader) {
                    auto result = std::make_shared<Result<T>>(work(reader));
                    return std::function<void()>([this, done, result, damage = reader.damage()] {
                        tellDamage(damage);
                        done(std::move(*result));
                    });
                });
    }

    // Readings that have been asked for and not yet delivered: 0 when every view is up to date.
    int pending() const;

  signals:
    void opened();
    void closed();
    void grown(int run, int steps);
    void failed(const QString& sentence);
    // A reading met bytes that are not what was written; once for every sentence and file.
    void damaged(const QString& sentence);
    void settled(); // pending() has become 0

  private:
    using Work = std::function<std::function<void()>(Reader&)>;
    void enqueue(QObject* receiver, const char* tag, Work work);
    void tellDamage(const QString& sentence);

    class Private;
    std::unique_ptr<Private> d;
    QString m_path;
    std::vector<RunInfo> m_runs;
    std::vector<int> m_stepCounts;
    QSet<QString> m_damageTold;
};

} // namespace attendre
