#pragma once

#include "widgets/compared_run.h"
#include "widgets/view.h"

#include <functional>

class QCPPainter;

namespace attendre {

// One page of the panel Compare. It reads and draws only while it is the one in sight.
class ComparePage : public QWidget {
    Q_OBJECT
  public:
    // context and compared outlive it.
    ComparePage(const ViewContext& context, ComparedRun* compared, QWidget* parent);

    // What is shown changed: the pair of runs (everything), else the point, B's step or what is
    // known of the pair. Called only while something can be compared.
    virtual void refresh(bool everything) = 0;
    virtual void forget() = 0; // nothing can be compared any more, or something else
    virtual void themeChanged() { update(); }
    // The page as it stands, in vectors where the painter's device knows them.
    virtual void drawOn(QCPPainter& painter);
    // The numbers behind the page, with a line of headings.
    virtual QString csv() const = 0;
    // For the panel's header: what the page colours by.
    virtual QString colouredBy() const = 0;
    virtual QString summary() const = 0; // one sentence

  signals:
    void hovered(const QString& sentence);
    void contentChanged();
    void failed(const QString& sentence); // a reading could not be made; empty: one was

  protected:
    TraceSource& source() const { return *m_context.source; }
    const Theme& theme() const { return *m_context.theme; }
    const Point& now() const { return m_context.point->now(); }
    ComparedRun& compared() const { return *m_compared; }
    const RunInfo* runA() const { return source().run(now().run); }
    const RunInfo* runB() const { return m_compared->info(); }
    // The colours of the two runs; B of another file has the one behind the open file's runs.
    QColor colourA() const;
    QColor colourB() const;
    // HTML in the theme's colour: a style sheet of the window undoes a label's palette.
    QString coloured(const QString& html) const;
    void go(const std::function<void(Point&)>& change, bool merge = false);
    // To an instant of one of the runs. B of another file cannot be the current run: then A is
    // shown where it has seen the same.
    void goTo(bool inA, int step, int layer, int head, std::int32_t entry);

    template <class T>
    void read(PairReadings::Lane lane, const char* tag,
              std::function<Result<T>(const ComparedRuns&, const Cancel&)> work,
              std::function<void(T)> done) {
        m_compared->read<T>(lane, this, tag, std::move(work),
                            [this, done = std::move(done)](Result<T> result) {
                                emit failed(result ? QString() : result.error().sentence);
                                if (result)
                                    done(result.take());
                                emit contentChanged();
                            });
    }

  private:
    ViewContext m_context;
    ComparedRun* m_compared;
};

} // namespace attendre
