#include "widgets/lifetimes_view.h"

#include "widgets/plot_text.h"
#include "widgets/theme.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace attendre {

namespace {

// Beside what is in sight, so that a short way needs no new picture.
constexpr double margin = 0.125;
// Texts are read up to here; farther out no token can be told from its neighbour.
constexpr std::int32_t mostTexts = 4096;
constexpr int leastForHistograms = 440; // px of the view; narrower ones show the picture alone

} // namespace

LifetimesView::LifetimesView(const ViewContext& context, QWidget* parent)
    : PlotView(context, tr("Lifetimes"), parent),
      m_histograms(new LifetimesHistograms(context.theme, this)) {
    m_look.colours = LifetimesColours::of(theme());
    m_histograms->hide();
    connect(m_histograms, &LifetimesHistograms::brushed, this,
            [this](int index, const auto& range) {
                LifeBrush brush = m_look.brush;
                brush.bins[std::size_t(index)] = range;
                setBrush(brush);
            });
    connect(m_histograms, &LifetimesHistograms::cleared, this, [this] { setBrush({}); });
    connect(m_histograms, &LifetimesHistograms::hovered, this,
            [this](const QString& sentence) { emit hovered(sentence); });
}

void LifetimesView::forget() {
    m_reading.request();
    if (m_order)
        m_order->cancel.request();
    m_order.reset();
    m_content.reset();
    m_drawn = {};
    m_counts = {};
    m_everythingLook = 0;
    m_look.brush = {};
    m_histograms->setBrush({});
    m_texts.clear();
    m_textsRead = {0, 0};
    m_viewport = {};
    arrange();
}

QString LifetimesView::missing() const {
    if (!m_content)
        return tr("Reading when each entry came and left …");
    if (m_content->end == 0)
        return tr("No key has come to this memory yet.");
    return {};
}

int LifetimesView::layerShown() const {
    const RunInfo* run = currentRun();
    return whoseShown() == LifeWhose::Outputs && run ? outputLayer(*run) : now().layer;
}

LifeWhose LifetimesView::whoseShown() const {
    const RunInfo* run = currentRun();
    return m_whose == LifeWhose::Outputs && (!run || outputLayer(*run) < 0) ? LifeWhose::Head
                                                                            : m_whose;
}

void LifetimesView::refresh(const Point& now, const Point& before) {
    if (now.run != before.run)
        offerOutputs();
    if (!m_content || before == Point() || !m_content->isOf(now, layerShown(), whoseShown()))
        readLives();
    else if (now.entry != before.entry)
        readTexts();
    orderPicture(); // where the view was resized while it was hidden
}

void LifetimesView::readLives() {
    const RunInfo* current = currentRun();
    if (!current || steps() == 0)
        return;
    m_reading.request(); // the newer reading replaces it
    m_reading = Cancel();
    read<std::shared_ptr<const LifetimesContent>>(
        "lives",
        [run = *current, point = now(), whose = whoseShown(), before = m_content,
         cancel = m_reading](Reader& reader) {
            return readLifetimesContent(reader, run, point, whose, before, cancel);
        },
        [this](std::shared_ptr<const LifetimesContent> content) { takeLives(std::move(content)); });
}

void LifetimesView::takeLives(std::shared_ptr<const LifetimesContent> content) {
    if (!m_content || m_content->run != content->run) {
        m_texts.clear();
        m_textsRead = {0, 0};
        m_viewport = {};
        m_look.brush = {};
    } else {
        m_look.brush = carriedOver(m_look.brush, *m_content->lives, *content->lives);
    }
    m_content = std::move(content);
    m_viewport.setEnds(m_content->end, m_content->steps);
    m_histograms->setContent(*m_content);
    m_histograms->setColumn(*m_content, m_look.column);
    m_histograms->setBrush(m_look.brush);
    arrange();
    updateSubtitle();
    ++m_lookNumber;
    if (m_order) {
        m_order->cancel.request(); // of the entries before: the next order replaces it
        m_order.reset();
    }
    viewChanged();
}

void LifetimesView::readTexts() {
    if (!m_content)
        return;
    const LifeWindow window = m_viewport.window();
    const std::int32_t entry = now().entry, n = window.positions();
    const bool close = n <= mostTexts;
    const bool known = !close || (window.firstPosition >= m_textsRead.first &&
                                  window.endPosition <= m_textsRead.second);
    if (known && (entry == noPosition || m_texts.contains(entry)))
        return;
    const std::int32_t first = close ? std::max(0, window.firstPosition - n) : 0;
    const std::int32_t end = close ? std::min(m_content->end, window.endPosition + n) : 0;
    m_textsRead = {first, end};
    read<TokenTexts>(
        "texts",
        [run = now().run, first, end, entry](Reader& reader) -> Result<TokenTexts> {
            TokenTexts texts;
            const auto add = [&](std::int32_t from, std::int32_t count) -> Result<void> {
                auto tokens = reader.tokens(run, from, count);
                if (!tokens)
                    return tokens.error();
                for (TokenInfo& token : *tokens)
                    texts[token.position] = std::move(token.text);
                return {};
            };
            if (auto done = add(first, end - first); !done)
                return done.error();
            if (entry != noPosition && !texts.contains(entry))
                if (auto done = add(entry, 1); !done)
                    return done.error();
            return texts;
        },
        [this](TokenTexts texts) { m_texts = std::move(texts); });
}

LifetimesOrder LifetimesView::orderNow() const {
    LifetimesOrder order;
    order.content = m_content;
    order.look = m_look;
    order.lookNumber = m_lookNumber;
    order.sight = m_viewport.window();
    order.window = m_viewport.windowWithMargins(margin);
    const QSizeF plot = plotRect().size() * devicePixelRatioF();
    // A cell is never narrower than a pixel: the drawing leaves none out.
    const auto cells = [](double pixels, int part, double seen) {
        return std::max(1, int(pixels * part / seen));
    };
    order.cells = {cells(plot.width(), order.window.positions(), m_viewport.positions().length()),
                   cells(plot.height(), order.window.steps(), m_viewport.steps().length())};
    order.everything = m_viewport.everything();
    if (m_everythingLook != m_lookNumber)
        order.everythingCells = {int(plot.width()), int(plot.height())};
    return order;
}

bool LifetimesView::isSharp() const {
    return m_content && m_drawn.order.sameAs(orderNow());
}

// One picture at a time: the next is asked for when one has come, so that something always comes
// while a person drags.
void LifetimesView::orderPicture() {
    if (!m_content || m_content->end == 0 || m_order || plotRect().isEmpty() || isSharp())
        return;
    m_order = orderNow();
    read<LifetimesDrawing>(
        "picture", [order = *m_order](Reader&) { return drawLifetimes(order); },
        [this](LifetimesDrawing drawing) {
            m_order.reset();
            if (drawing.everything.image.isNull())
                drawing.everything = std::move(m_drawn.everything);
            else
                m_everythingLook = drawing.order.lookNumber;
            m_drawn = std::move(drawing);
            m_counts = m_drawn.counts;
            m_histograms->setCounts(m_counts, m_drawn.order.look.brush);
            orderPicture();
        });
}

void LifetimesView::viewChanged() {
    readTexts();
    orderPicture();
    update();
}

void LifetimesView::updateSubtitle() {
    if (!m_content)
        return;
    const QString colour = tr("colour: %1").arg(lifeColumnWords(m_look.column));
    const QString layer = QString::number(m_content->layer);
    const QString where = m_content->whose == LifeWhose::Outputs ? tr("encoder outputs")
                          : m_content->whose == LifeWhose::AllHeads
                              ? tr("layer %1, %2 heads").arg(layer).arg(m_content->heads())
                              : tr("layer %1, head %2").arg(layer).arg(m_content->head(0).head);
    setSubtitle(tr("%1 · %2 · wheel zooms · drag pans · Shift+drag selects").arg(colour, where),
                {tr("%1 · %2 · wheel zooms · drag pans").arg(colour, where),
                 QStringLiteral("%1 · %2").arg(colour, where), colour, QString()});
}

// The histograms stand at the right where there is room.
void LifetimesView::arrange() {
    const bool shown = m_histogramsWanted && !isBlank() && width() >= leastForHistograms;
    const QRectF area(QRectF(rect()).adjusted(8, 8, -8, -8));
    const double wide = std::clamp(area.width() * (area.height() < 260 ? 0.36 : 0.24), 190.0,
                                   area.height() < 260 ? 420.0 : 300.0);
    m_histograms->setGeometry(
        QRectF(area.right() - wide, area.top(), wide, area.height()).toRect());
    m_histograms->setVisible(shown);
}

void LifetimesView::resizeEvent(QResizeEvent* event) {
    PlotView::resizeEvent(event);
    arrange();
    if (isVisible())
        viewChanged();
}

bool LifetimesView::paintOn(QPaintDevice* device) {
    if (!PlotView::paintOn(device))
        return false;
    if (m_histograms->isHidden())
        return true;
    QPainter painter(device);
    painter.setRenderHint(QPainter::Antialiasing);
    m_histograms->paint(painter, m_histograms->pos());
    return true;
}

} // namespace attendre
