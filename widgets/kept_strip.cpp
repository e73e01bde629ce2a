#include "widgets/kept_strip.h"

#include "widgets/plot_paint.h"
#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>

namespace attendre {

namespace {

constexpr double laneHeight = 10, gap = 3; // px
constexpr std::size_t mostListed = 400;    // tokens of a class whose texts are read
constexpr std::int32_t tokensAtOnce = 4096;

} // namespace

KeptStrip::KeptStrip(const ViewContext& context, ComparedRun* compared, QWidget* parent)
    : ComparePage(context, compared, parent) {
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Positions by who holds them"));
}

Result<KeptStrip::Content> KeptStrip::readContent(const ComparedRuns& runs, const Point& point,
                                                  int stepB) {
    auto sets = keptSets(runs, point.step, stepB, point.layer, point.head);
    if (!sets)
        return sets.error();
    Content content{point.step, stepB, point.layer, point.head, sets.take(), {}};
    std::vector<TokenInfo> block;
    for (const Kept which : {Kept::OnlyA, Kept::OnlyB}) {
        std::vector<std::int32_t> positions = content.sets.of(which);
        positions.resize(std::min(positions.size(), mostListed));
        for (const std::int32_t position : positions) {
            if (block.empty() || position < block.front().position ||
                position > block.back().position) {
                // What one run has not read the other has.
                const bool ofA = position < std::int32_t(runs.a.run.tokens);
                const ComparedReading& reading = ofA ? runs.a : runs.b;
                auto tokens = reading.reader->tokens(reading.run.run, position, tokensAtOnce);
                if (!tokens)
                    return tokens.error();
                block = tokens.take();
            }
            const auto at = std::size_t(position - (block.empty() ? 0 : block.front().position));
            if (at < block.size())
                content.texts[position] = block[at].text;
        }
    }
    return content;
}

void KeptStrip::refresh(bool everything) {
    if (everything)
        m_content.reset();
    const auto stepB = compared().step();
    compared().divergence();
    if (!stepB)
        return update();
    read<Content>(
        PairReadings::Lane::Point, "kept",
        [point = now(), stepB = *stepB](const ComparedRuns& runs, const Cancel&) {
            return readContent(runs, point, stepB);
        },
        [this](Content content) {
            m_content = std::move(content);
            setAccessibleDescription(summary());
            update();
        });
    update(); // the selected entry
}

void KeptStrip::forget() {
    m_content.reset();
    m_chips.clear();
    update();
}

QString KeptStrip::colouredBy() const {
    return tr("colour: who holds the entry");
}

QString KeptStrip::words(bool inShort) const {
    const Content& c = *m_content;
    const QString steps = c.stepB < 0 ? tr("step %1, B has not begun").arg(c.stepA)
                          : c.stepA == c.stepB
                              ? tr("step %1").arg(c.stepA)
                              : tr("step %1 of A, %2 of B").arg(c.stepA).arg(c.stepB);
    const QString where = tr("layer %1, head %2 after %3").arg(c.layer).arg(c.head).arg(steps);
    const QString counts = tr("both %1 · only A %2 · only B %3 · neither %4")
                               .arg(wholeNumber(c.sets.both), wholeNumber(c.sets.onlyA),
                                    wholeNumber(c.sets.onlyB), wholeNumber(c.sets.neither));
    return inShort ? counts : where + QStringLiteral(": ") + counts;
}

QString KeptStrip::summary() const {
    return m_content ? words(false) : QString();
}

QString KeptStrip::csv() const {
    QString text = QStringLiteral("position,in_a,in_b\n");
    if (m_content)
        for (std::size_t i = 0; i < m_content->sets.kept.size(); ++i) {
            const Kept kept = m_content->sets.kept[i];
            text += QStringLiteral("%1,%2,%3\n")
                        .arg(i)
                        .arg(int(kept == Kept::Both || kept == Kept::OnlyA))
                        .arg(int(kept == Kept::Both || kept == Kept::OnlyB));
        }
    return text;
}

QString KeptStrip::positionText(std::int32_t position) const {
    if (!m_content || position < 0 || std::size_t(position) >= m_content->sets.kept.size())
        return {};
    static const char* const who[] = {QT_TR_NOOP("both hold it"), QT_TR_NOOP("only A holds it"),
                                      QT_TR_NOOP("only B holds it"),
                                      QT_TR_NOOP("neither holds it")};
    const auto text = m_content->texts.find(position);
    const QString token = text == m_content->texts.end()
                              ? QString()
                              : QStringLiteral("%1, ").arg(quotedToken(text->second));
    return tr("%1position %2 · %3")
        .arg(token, wholeNumber(position),
             tr(who[std::size_t(m_content->sets.kept[std::size_t(position)])]));
}

// --- what is drawn

// One pixel column stands for the positions under it: how many of them are held, and by whom.
void KeptStrip::paintLane(QPainter& painter, const QRectF& lane, bool ofA) const {
    const auto& kept = m_content->sets.kept;
    const qint64 count = qint64(kept.size());
    const int columns = std::max(1, int(lane.width()));
    painter.fillRect(lane, theme().hover());
    if (count == 0)
        return;
    const double width = std::max(1.0, lane.width() / double(count));
    const qint64 shown = std::min<qint64>(columns, count);
    const Kept own = ofA ? Kept::OnlyA : Kept::OnlyB;
    for (qint64 x = 0; x < shown; ++x) {
        const qint64 from = x * count / shown, to = std::max(from + 1, (x + 1) * count / shown);
        int both = 0, alone = 0;
        for (qint64 position = from; position < to; ++position) {
            both += kept[std::size_t(position)] == Kept::Both;
            alone += kept[std::size_t(position)] == own;
        }
        if (both + alone == 0)
            continue;
        QColor colour = alone > 0 ? (ofA ? colourA() : colourB()) : theme().toCome();
        colour.setAlphaF(float(0.35 + 0.65 * double(both + alone) / double(to - from)));
        // What one holds alone stands out of its lane.
        const double out = alone > 0 ? 3 : 0;
        const double left = lane.left() + double(x) * lane.width() / double(shown);
        painter.fillRect(QRectF(left, lane.top() - (ofA ? out : 0), width > 3 ? width - 1 : width,
                                lane.height() + out),
                         colour);
    }
}

double KeptStrip::indent(const QPainter& painter) const {
    return std::max(textWidth(painter, tr("only A:")), textWidth(painter, tr("only B:"))) + 8;
}

KeptStrip::Flow KeptStrip::flow(const QPainter& painter, Kept which, double width) const {
    const double line = lineHeight(painter) + 3;
    Flow flow;
    double x = 0;
    for (const std::int32_t position : m_content->sets.of(which)) {
        const auto text = m_content->texts.find(position);
        if (text == m_content->texts.end())
            break;
        const double wide =
            std::min(textWidth(painter, isolated(plainToken(text->second))) + 10, width);
        if (x > 0 && x + wide > width) {
            x = 0;
            ++flow.rows;
        }
        flow.chips.push_back({position, {x, (flow.rows - 1) * line + 1, wide, line - 2}});
        x += wide + 4;
    }
    return flow;
}

// What does not fit into the rows is counted at the end of the last.
void KeptStrip::paintTokens(QPainter& painter, const QRectF& area, Kept which, int rows) {
    const double line = lineHeight(painter) + 3, left = area.left() + indent(painter);
    drawLine(painter, {area.left(), area.top(), left - area.left(), line},
             which == Kept::OnlyA ? tr("only A:") : tr("only B:"), theme().quietText());
    const int all = which == Kept::OnlyA ? m_content->sets.onlyA : m_content->sets.onlyB;
    if (all == 0)
        return drawLine(painter, {left, area.top(), area.right() - left, line}, tr("none"),
                        theme().quietText());
    const QString more = tr("… %1 more").arg(wholeNumber(all));
    const Flow placed = flow(painter, which, area.right() - left);
    const bool cut = placed.rows > rows || int(placed.chips.size()) < all;
    const double end = area.right() - left - (cut ? textWidth(painter, more) + 6 : 0);
    int shown = 0;
    QRectF last(0, 1, 0, line - 2);
    for (const Chip& chip : placed.chips) {
        const double top = (rows - 1) * line + 1;
        if (chip.box.top() > top || (cut && chip.box.top() == top && chip.box.right() > end))
            break;
        ++shown;
        last = chip.box;
        const QRectF box = chip.box.translated(left, area.top());
        const bool selected = chip.position == now().entry;
        const QColor colour = which == Kept::OnlyA ? colourA() : colourB();
        painter.setPen(QPen(selected ? theme().accent() : colour, selected ? 2 : 1));
        painter.setBrush(selected ? theme().selection() : QColor(Qt::transparent));
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
        drawLine(painter, box.adjusted(5, 0, -3, 0),
                 isolated(plainToken(m_content->texts.at(chip.position))), theme().text());
        m_chips.push_back({chip.position, box});
    }
    if (shown < all)
        drawLine(painter,
                 {left + last.right() + 6, area.top() + last.top() - 1,
                  area.right() - left - last.right() - 6, line},
                 tr("… %1 more").arg(wholeNumber(all - shown)), theme().quietText());
}

void KeptStrip::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), theme().panel());
    painter.setFont(theme().smallFont());
    m_chips.clear();
    const QRectF area = QRectF(rect()).adjusted(6, 0, -4, -1);
    if (!m_content) {
        drawLine(painter, {area.left(), area.top(), area.width(), lineHeight(painter)},
                 tr("Comparing layer %1, head %2 …").arg(now().layer).arg(now().head),
                 theme().quietText());
        return;
    }
    painter.setRenderHint(QPainter::Antialiasing);
    const double line = lineHeight(painter);
    const bool inShort = textWidth(painter, words(false)) > area.width();
    drawLine(painter, {area.left(), area.top(), area.width(), line}, words(inShort),
             theme().text());
    double y = area.top() + line + gap + 2;
    const double names = textWidth(painter, QStringLiteral("A")) + 8;
    m_lanes = {area.left() + names, y, area.width() - names, 2 * laneHeight + 1};
    painter.setRenderHint(QPainter::Antialiasing, false);
    for (const bool ofA : {true, false}) {
        const QRectF lane(m_lanes.left(), ofA ? y : y + laneHeight + 1, m_lanes.width(),
                          laneHeight);
        paintLane(painter, lane, ofA);
        drawLine(painter, {area.left(), lane.top() - 1, names, laneHeight + 2},
                 ofA ? QStringLiteral("A") : QStringLiteral("B"), ofA ? colourA() : colourB());
    }
    painter.setRenderHint(QPainter::Antialiasing);
    const double count = double(m_content->sets.kept.size());
    const Scale scale{0, std::max(1.0, count), m_lanes.left(), m_lanes.right()};
    if (now().entry >= 0 && double(now().entry) < count)
        drawMarker(painter, scale(now().entry + 0.5), y - 7, m_lanes.bottom() + 2,
                   theme().accent());
    y = m_lanes.bottom() + 3;
    drawBottomAxis(painter, {m_lanes.left(), y, m_lanes.width(), line}, scale, theme());
    y += line + gap;
    // Each class has half of the rows that there are, and what the other does not need.
    const double row = line + 3;
    const int rows = int((area.bottom() - y) / row);
    if (rows == 1) { // side by side
        const double half = area.width() / 2 - 4;
        paintTokens(painter, {area.left(), y, half, row}, Kept::OnlyA, 1);
        paintTokens(painter, {area.right() - half, y, half, row}, Kept::OnlyB, 1);
    }
    const double width = area.width() - indent(painter);
    const int needA = flow(painter, Kept::OnlyA, width).rows;
    const int needB = flow(painter, Kept::OnlyB, width).rows;
    const int rowsA = std::min(needA, std::max((rows + 1) / 2, rows - needB));
    const int rowsB = std::min(needB, rows - rowsA);
    if (rows > 1 && rowsA > 0)
        paintTokens(painter, {area.left(), y, area.width(), rowsA * row}, Kept::OnlyA, rowsA);
    if (rows > 1 && rowsB > 0)
        paintTokens(painter, {area.left(), y + rowsA * row + 2, area.width(), rowsB * row},
                    Kept::OnlyB, rowsB);
    if (hasFocus()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(theme().accent(), 1));
        painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    }
}

QRectF KeptStrip::tokenRect(std::int32_t position) const {
    for (const Chip& chip : m_chips)
        if (chip.position == position)
            return chip.box;
    return {};
}

// --- the mouse and the keys

std::int32_t KeptStrip::positionAt(const QPointF& at) const {
    for (const Chip& chip : m_chips)
        if (chip.box.contains(at))
            return chip.position;
    if (!m_content || m_content->sets.kept.empty() || !m_lanes.adjusted(0, -4, 0, 4).contains(at))
        return noPosition;
    const double share = (at.x() - m_lanes.left()) / m_lanes.width();
    const auto count = std::int32_t(m_content->sets.kept.size());
    return std::clamp(std::int32_t(share * count), 0, count - 1);
}

void KeptStrip::mousePressEvent(QMouseEvent* event) {
    const std::int32_t position = positionAt(event->position());
    if (event->button() != Qt::LeftButton || position == noPosition)
        return QWidget::mousePressEvent(event);
    go([position](Point& point) { point.entry = position; });
}

void KeptStrip::mouseMoveEvent(QMouseEvent* event) {
    emit hovered(positionText(positionAt(event->position())));
}

std::vector<std::int32_t> KeptStrip::listed() const {
    if (!m_content)
        return {};
    std::vector<std::int32_t> all = m_content->sets.of(Kept::OnlyA);
    const std::vector<std::int32_t> ofB = m_content->sets.of(Kept::OnlyB);
    all.insert(all.end(), ofB.begin(), ofB.end());
    return all;
}

void KeptStrip::keyPressEvent(QKeyEvent* event) {
    const std::vector<std::int32_t> all = listed();
    const bool back = event->key() == Qt::Key_Left || event->key() == Qt::Key_Up;
    const bool forth = event->key() == Qt::Key_Right || event->key() == Qt::Key_Down;
    if (all.empty() || (!back && !forth))
        return QWidget::keyPressEvent(event);
    const auto at = std::find(all.begin(), all.end(), now().entry);
    const int index = at == all.end() ? (forth ? -1 : int(all.size())) : int(at - all.begin());
    const int next = std::clamp(index + (forth ? 1 : -1), 0, int(all.size()) - 1);
    go([&](Point& point) { point.entry = all[std::size_t(next)]; }, true);
}

} // namespace attendre
