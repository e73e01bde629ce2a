#include "widgets/parting_page.h"

#include "widgets/agreement_map.h"
#include "widgets/compare_words.h"
#include "widgets/kept_strip.h"
#include "widgets/plot_paint.h"
#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QLabel>
#include <QVBoxLayout>

#include <algorithm>

namespace attendre {

namespace {

constexpr int wide = 700; // px from which map and strip stand side by side
const QString toPlace = QStringLiteral("place"), toA = QStringLiteral("a"),
              toB = QStringLiteral("b");

QString link(const QString& target, const QString& text, const QColor& colour) {
    return QStringLiteral("<a href=\"%1\" style=\"color:%2\">%3</a>")
        .arg(target, colour.name(), text.toHtmlEscaped());
}

} // namespace

PartingPage::PartingPage(const ViewContext& context, ComparedRun* compared, QWidget* parent)
    : ComparePage(context, compared, parent), m_headline(new QLabel(this)),
      m_map(new AgreementMap(context, compared, this)),
      m_strip(new KeptStrip(context, compared, this)) {
    m_headline->setWordWrap(true);
    m_headline->setTextFormat(Qt::RichText);
    m_headline->setTextInteractionFlags(Qt::LinksAccessibleByMouse | Qt::LinksAccessibleByKeyboard);
    m_headline->setFocusPolicy(Qt::StrongFocus);
    m_headline->setAccessibleName(tr("Where the runs part"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    column->addWidget(m_headline);
    m_pictures = new QBoxLayout(QBoxLayout::LeftToRight);
    m_pictures->setSpacing(8);
    m_pictures->addWidget(m_map, 1);
    m_pictures->addWidget(m_strip, 1);
    column->addLayout(m_pictures, 1);
    connect(m_headline, &QLabel::linkActivated, this, &PartingPage::follow);
    connect(m_map, &AgreementMap::partingWanted, this, &PartingPage::goToParting);
    for (ComparePage* part :
         {static_cast<ComparePage*>(m_map), static_cast<ComparePage*>(m_strip)}) {
        connect(part, &ComparePage::hovered, this, &ComparePage::hovered);
        connect(part, &ComparePage::contentChanged, this, &ComparePage::contentChanged);
        connect(part, &ComparePage::failed, this, &ComparePage::failed);
    }
    themeChanged();
}

Result<PartingPage::Content> PartingPage::readContent(const ComparedRuns& runs,
                                                      const HeadDivergence& at) {
    const auto parting = partedEntries(runs, at);
    if (!parting)
        return parting.error();
    Content content{runs.a.run, runs.b.run, *parting, {}};
    for (const auto& left : {parting->leftA, parting->leftB}) {
        if (!left)
            continue;
        const auto token = runs.a.reader->tokens(runs.a.run.run, left->position, 1);
        if (!token)
            return token.error();
        if (!token->empty())
            content.texts[left->position] = token->front().text;
    }
    return content;
}

void PartingPage::refresh(bool everything) {
    if (everything) {
        m_first.reset();
        m_content.reset();
    }
    m_map->refresh(everything);
    m_strip->refresh(everything);
    const auto divergence = compared().divergence();
    const auto first = divergence ? divergence->first() : std::nullopt;
    if (first && !m_first) {
        m_first = first;
        read<Content>(
            PairReadings::Lane::Point, "parting",
            [at = *first](const ComparedRuns& runs, const Cancel&) {
                return readContent(runs, at);
            },
            [this](Content content) {
                m_content = std::move(content);
                showHeadline();
            });
    }
    showHeadline();
}

void PartingPage::forget() {
    m_first.reset();
    m_content.reset();
    m_map->forget();
    m_strip->forget();
    showHeadline();
}

void PartingPage::themeChanged() {
    m_headline->setFont(theme().textFont());
    showHeadline();
    m_map->themeChanged();
    m_strip->themeChanged();
}

// --- the words

QString PartingPage::sentence(bool linked, Length length) const {
    const auto divergence = compared().divergence();
    if (!divergence)
        return tr("Comparing the runs …");
    if (!divergence->first())
        return tr("They hold the same entries wherever they meet.");
    const auto made = [&](const QString& target, const QString& text) {
        return linked ? link(target, text, theme().accent()) : text;
    };
    const QString place =
        made(toPlace, tr("They part at %1").arg(placeWords(*divergence->first())));
    if (!m_content || length == Length::Place)
        return tr("%1.").arg(place);
    const auto entry = [&](const PartedEntry& left, bool leftA) {
        const auto text = m_content->texts.find(left.position);
        const QString words =
            leftWords(left, leftA, text == m_content->texts.end() ? QByteArray() : text->second);
        const QString rest = length == Length::Whole
                                 ? partedWords(m_content->a, m_content->b, left, leftA)
                                 : partedWords(m_content->a, m_content->b, leftA);
        return made(leftA ? toA : toB, words) + QLatin1Char(' ') +
               (linked ? rest.toHtmlEscaped() : rest);
    };
    const Parting& parting = m_content->parting;
    QStringList entries;
    if (parting.leftA)
        entries << entry(*parting.leftA, true);
    if (parting.leftB)
        entries << entry(*parting.leftB, false);
    return tr("%1: %2.").arg(place, entries.join(QStringLiteral(" · ")));
}

// As long as it fits into two lines, or a fifth of the page.
void PartingPage::showHeadline() {
    const double most = std::max(2 * lineHeight(m_headline->font()), height() / 5.0) + 1;
    Length length = Length::Place;
    for (const Length longer : {Length::Whole, Length::Short})
        if (wrappedHeight(m_headline->font(), std::max(100, width() - 8),
                          sentence(false, longer)) <= most) {
            length = longer;
            break;
        }
    const QString text = coloured(sentence(true, length));
    if (m_headline->text() != text)
        m_headline->setText(text);
    m_headline->setToolTip(length == Length::Whole ? QString() : sentence(false));
    m_headline->setAccessibleDescription(sentence(false));
}

QString PartingPage::summary() const {
    const QString strip = m_strip->summary();
    return strip.isEmpty() ? sentence(false) : sentence(false) + QLatin1Char(' ') + strip;
}

QString PartingPage::csv() const {
    return m_map->csv();
}

QString PartingPage::colouredBy() const {
    return m_map->colouredBy();
}

void PartingPage::goToParting() {
    if (!m_content)
        return;
    const Parting& parting = m_content->parting;
    goTo(true, parting.at.stepA, parting.at.layer, parting.at.head,
         parting.leftA   ? parting.leftA->position
         : parting.leftB ? parting.leftB->position
                         : noPosition);
}

// A link leads to the eviction in the run that made it.
void PartingPage::follow(const QString& link) {
    if (!m_content || link == toPlace)
        return goToParting();
    const Parting& parting = m_content->parting;
    const auto& left = link == toA ? parting.leftA : parting.leftB;
    if (!left)
        return;
    const EntryStanding& standing = link == toA ? left->a : left->b;
    const int meeting = link == toA ? parting.at.stepA : parting.at.stepB;
    goTo(link == toA, standing.step >= 0 ? standing.step : meeting, parting.at.layer,
         parting.at.head, left->position);
}

void PartingPage::resizeEvent(QResizeEvent* event) {
    m_pictures->setDirection(width() >= wide ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom);
    ComparePage::resizeEvent(event);
    showHeadline();
}

} // namespace attendre
