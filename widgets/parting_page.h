#pragma once

#include "model/analysis/parted_entries.h"
#include "widgets/compare_page.h"

#include <map>

class QBoxLayout;
class QLabel;

namespace attendre {

class AgreementMap;
class KeptStrip;

// Where the runs part: in words, each a link; how far they agree, steps × layers; and what the
// current head's memories hold.
class PartingPage : public ComparePage {
    Q_OBJECT
  public:
    PartingPage(const ViewContext& context, ComparedRun* compared, QWidget* parent);

    void refresh(bool everything) override;
    void forget() override;
    void themeChanged() override;
    QString csv() const override;
    QString colouredBy() const override;
    QString summary() const override; // the headline without its links
    QLabel* headline() const { return m_headline; }
    AgreementMap* map() const { return m_map; }
    KeptStrip* strip() const { return m_strip; }

  protected:
    void resizeEvent(QResizeEvent* event) override;

  private:
    struct Content {
        RunInfo a, b;
        Parting parting;
        std::map<std::int32_t, QByteArray> texts;
    };
    static Result<Content> readContent(const ComparedRuns& runs, const HeadDivergence& at);
    void showHeadline();
    void follow(const QString& link);
    void goToParting();
    // With what decided, without it, or the place alone.
    enum class Length { Whole, Short, Place };
    QString sentence(bool linked, Length length = Length::Whole) const;

    QLabel* m_headline;
    AgreementMap* m_map;
    KeptStrip* m_strip;
    QBoxLayout* m_pictures;
    std::optional<HeadDivergence> m_first; // that was asked for
    std::optional<Content> m_content;
};

} // namespace attendre
