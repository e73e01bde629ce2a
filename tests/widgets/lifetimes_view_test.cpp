#include "tests/widgets/lifetimes_driver.h"

using namespace attendre;

// The Lifetimes view on small recorded traces, driven by mouse and keyboard; what it draws and says
// against the trace itself.
class LifetimesViewTest : public QObject, private LifetimesDriver {
    Q_OBJECT
  private slots:
    void initTestCase() { QVERIFY(m_traces.recordAll()); }
    void init() {
        m_traces.begin();
        m_traces.open("full.trace");
    }
    void cleanup() { m_traces.end(); }

    void drawsEveryStay();
    void wholeRunShowsWhoIsThere();
    void wheelZoomsAtTheMouse();
    void dragPans();
    void keysMoveAndZoom();
    void clickChoosesEntryAndEnd();
    void keysChooseEntries();
    void staysSharpWhileMoving();
};

// Every bar in sight has its colour in every step of its stay, and none beyond.
void LifetimesViewTest::drawsEveryStay() {
    LifetimesView* view = show({1400, 560});
    view->showHistograms(false);
    QTest::keyClick(view, Qt::Key_0);
    settle(view);
    QVERIFY(view->drawsBars()); // 160 positions have room for a bar each
    MagnitudeScale ages{true, false, 1};
    for (const Life& life : lives())
        if (life.evictedStep >= 0)
            ages.add(life.evictedStep - life.insertedStep);
    const QImage image = view->grab().toImage();
    int stays = 0, left = 0;
    for (const Life& life : lives()) {
        QVERIFY(life.insertedStep >= 0);
        const QColor colour =
            life.evictedStep < 0
                ? m_traces.theme().resident()
                : m_traces.theme().magnitude(ages.t(life.evictedStep - life.insertedStep));
        for (int step = 0; step < 20; ++step) {
            if (step == 10)
                continue; // the line of the current step
            const QColor drawn = image.pixelColor(view->placeOf(life.position, step).toPoint());
            const bool resident =
                step >= life.insertedStep && (life.evictedStep < 0 || step < life.evictedStep);
            if (!resident)
                QVERIFY(near(drawn, lifeGround(m_traces.theme())));
            else if (step == life.insertedStep)
                QVERIFY(drawn.blue() > drawn.red() + 60); // in the chunk
            else
                QVERIFY2(near(drawn, colour), qPrintable(drawn.name() + ' ' + colour.name()));
        }
        (life.evictedStep < 0 ? stays : left) += 1;
        if (life.evictedStep < 0)
            continue;
        const QPointF end = view->placeOf(life.position, life.evictedStep - 0.5) - QPointF(0, 1);
        QVERIFY(near(image.pixelColor(end.toPoint()), m_traces.theme().evicted()));
    }
    QCOMPARE(stays, 32);
    QCOMPARE(left, 128);
}

// Where entries share a pixel each of them still tints it.
void LifetimesViewTest::wholeRunShowsWhoIsThere() {
    LifetimesView* view = show({230, 240});
    QVERIFY(!view->drawsBars());
    const QImage image = view->grab().toImage();
    const QRectF plot = view->plotRect();
    const QColor ground = lifeGround(m_traces.theme());
    const auto all = lives();
    int tinted = 0, apart = 0;
    for (int step = 0; step < 20; ++step) {
        if (step == 10)
            continue; // the line of the current step
        const int y = int(view->placeOf(0, step).y());
        const auto drawnNear = [&](double middle) {
            for (int x = int(middle) - 1; x <= int(middle) + 1; ++x)
                if (plot.contains(x, y) && !near(image.pixelColor(x, y), ground))
                    return true;
            return false;
        };
        std::set<std::int32_t> there;
        for (const Life& life : all)
            if (step >= life.insertedStep && (life.evictedStep < 0 || step < life.evictedStep))
                there.insert(life.position);
        for (const std::int32_t p : there) {
            QVERIFY(drawnNear(view->placeOf(p, step).x()));
            apart += there.lower_bound(p - 3) == there.find(p) &&
                     there.upper_bound(p + 3) == std::next(there.find(p));
        }
        for (int x = int(plot.left()) + 2; x < int(plot.right()) - 1; ++x) {
            if (near(image.pixelColor(x, y), ground))
                continue;
            const double at = (x + 0.5 - plot.left()) / plot.width() * 160;
            QVERIFY(there.lower_bound(std::int32_t(at) - 2) !=
                    there.upper_bound(std::int32_t(at) + 2));
            ++tinted;
        }
    }
    QVERIFY(apart > 20); // entries whose pixel nobody else would have tinted
    QVERIFY(tinted > 200);
}

void LifetimesViewTest::wheelZoomsAtTheMouse() {
    LifetimesView* view = show();
    const auto under = [&](const QPointF& at) {
        const QRectF plot = view->plotRect();
        const auto &p = view->viewport().positions(), &s = view->viewport().steps();
        return QPointF(p.first + (at.x() - plot.left()) / plot.width() * p.length(),
                       s.first + (at.y() - plot.top()) / plot.height() * s.length());
    };
    const QPointF at = view->placeOf(60, 8);
    const QPointF before = under(at);
    wheel(view, at, 240);
    QCOMPARE(view->viewport().positions().length(), 160 * 0.64);
    QCOMPARE(view->viewport().steps().length(), 20 * 0.64);
    QVERIFY((under(at) - before).manhattanLength() < 0.5);
    // Steps alone with Ctrl or over their axis, positions alone with Shift or over theirs.
    wheel(view, at, 120, Qt::ControlModifier);
    QCOMPARE(view->viewport().positions().length(), 160 * 0.64);
    QVERIFY(view->viewport().steps().length() < 20 * 0.6);
    const double steps = view->viewport().steps().length();
    wheel(view, {at.x(), view->height() - 12.0}, 120);
    QVERIFY(view->viewport().positions().length() < 160 * 0.6);
    QCOMPARE(view->viewport().steps().length(), steps);
    wheel(view, at, -2400);
    QVERIFY(view->viewport().isWhole());
    settle(view);
    // No closer than a few entries.
    for (int i = 0; i < 40; ++i)
        wheel(view, view->placeOf(60, 8), 240);
    QCOMPARE(view->viewport().positions().length(), 4.0);
    QCOMPARE(view->viewport().steps().length(), 3.0);
    settle(view);
    QTest::mouseDClick(view, Qt::LeftButton, {}, view->plotRect().center().toPoint());
    QVERIFY(view->viewport().isWhole());
}

void LifetimesViewTest::dragPans() {
    LifetimesView* view = show();
    for (int i = 0; i < 4; ++i)
        wheel(view, view->placeOf(80, 10), 240);
    settle(view);
    const auto before = view->viewport();
    const QRectF plot = view->plotRect();
    drag(view, plot.center(), plot.center() + QPointF(60, -20));
    const auto& after = view->viewport();
    const double perPixel = before.positions().length() / plot.width();
    QVERIFY(std::abs(before.positions().first - after.positions().first - 60 * perPixel) <
            perPixel * 1.5);
    QVERIFY(after.steps().first > before.steps().first);
    QVERIFY(std::abs(after.positions().length() - before.positions().length()) < 1e-9);
    QCOMPARE(m_traces.point().now().entry, noPosition); // a drag chooses nothing
    // Not beyond the ends.
    for (int i = 0; i < 12; ++i)
        drag(view, plot.center(), plot.center() + QPointF(400, 100));
    QCOMPARE(view->viewport().positions().first, 0.0);
    QCOMPARE(view->viewport().steps().first, 0.0);
    settle(view);
}

void LifetimesViewTest::keysMoveAndZoom() {
    LifetimesView* view = show();
    QTest::keyClick(view, Qt::Key_Plus);
    QTest::keyClick(view, Qt::Key_Plus);
    QCOMPARE(view->viewport().positions().length(), 160 * 0.64);
    const double first = view->viewport().positions().first, step = view->viewport().steps().first;
    for (const auto& [forth, back] :
         {std::pair(Qt::Key_Right, Qt::Key_Left), std::pair(Qt::Key_D, Qt::Key_A)}) {
        QTest::keyClick(view, forth);
        QVERIFY(std::abs(view->viewport().positions().first - first - 16 * 0.64) < 1e-6);
        QTest::keyClick(view, back);
        QVERIFY(std::abs(view->viewport().positions().first - first) < 1e-6);
    }
    for (const auto& [forth, back] :
         {std::pair(Qt::Key_Down, Qt::Key_Up), std::pair(Qt::Key_S, Qt::Key_W)}) {
        QTest::keyClick(view, forth);
        QVERIFY(view->viewport().steps().first > step + 1);
        QTest::keyClick(view, back);
        QVERIFY(std::abs(view->viewport().steps().first - step) < 1e-6);
    }
    QTest::keyClick(view, Qt::Key_Minus);
    QVERIFY(std::abs(view->viewport().positions().length() - 160 * 0.8) < 1e-6);
    QTest::keyClick(view, Qt::Key_0);
    QVERIFY(view->viewport().isWhole());
    // The arrows are the view's, also where the window has shortcuts with them.
    const auto takes = [](QWidget* widget, int key, Qt::KeyboardModifiers keys = Qt::NoModifier) {
        QKeyEvent event(QEvent::ShortcutOverride, key, keys);
        event.ignore();
        QApplication::sendEvent(widget, &event);
        return event.isAccepted();
    };
    QVERIFY(takes(view, Qt::Key_Right) && takes(view, Qt::Key_Up));
    QVERIFY(!takes(view, Qt::Key_F10) && !takes(view, Qt::Key_Right, Qt::AltModifier));
    BrushHistogram* ages = view->histograms()->histogram(LifeColumn::Age);
    QVERIFY(takes(ages, Qt::Key_Right, Qt::ShiftModifier) && !takes(ages, Qt::Key_F10));
    // F goes to the entry and the step.
    m_traces.to({1, 17, Phase::Record, 1, 2, 21, noPosition});
    QTest::keyClick(view, Qt::Key_F);
    settle(view);
    const auto &across = view->viewport().positions(), &down = view->viewport().steps();
    const Life life = lives()[21];
    QVERIFY(across.length() < 80 && across.first <= 21 && across.end >= 22);
    QVERIFY(down.first <= life.insertedStep && down.end >= 18);
}

void LifetimesViewTest::clickChoosesEntryAndEnd() {
    LifetimesView* view = show();
    zoomToBars(view, 60);
    const LifeWindow sight = view->viewport().window();
    int clicked = 0;
    for (const Life& life : lives()) {
        if (life.position <= sight.firstPosition + 1 || life.position >= sight.endPosition - 2 ||
            life.evictedStep < 0 || life.evictedStep - life.insertedStep < 2)
            continue;
        const Point before = m_traces.point().now();
        QTest::mouseClick(view, Qt::LeftButton, {},
                          view->placeOf(life.position, life.insertedStep).toPoint());
        QCOMPARE(m_traces.point().now().entry, life.position);
        QCOMPARE(m_traces.point().now().step, before.step);
        QTest::mouseClick(view, Qt::LeftButton, {},
                          view->placeOf(life.position, life.evictedStep - 0.5).toPoint());
        QCOMPARE(m_traces.point().now().entry, life.position);
        QCOMPARE(m_traces.point().now().step, life.evictedStep);
        if (++clicked == 3)
            break;
    }
    QCOMPARE(clicked, 3);
    settle(view);
    // What is under the mouse is said in a sentence.
    const Life life = lives()[std::size_t(m_traces.point().now().entry)];
    QSignalSpy hovered(view, &View::hovered);
    const QPointF at = view->placeOf(life.position, life.insertedStep);
    QMouseEvent move(QEvent::MouseMove, at, view->mapToGlobal(at), Qt::NoButton, Qt::NoButton,
                     Qt::NoModifier);
    QApplication::sendEvent(view, &move);
    const QString sentence = hovered.last()[0].toString();
    for (const QString& part :
         {QStringLiteral("position %1:").arg(life.position),
          QStringLiteral("came at step %1, left at step %2")
              .arg(life.insertedStep)
              .arg(life.evictedStep),
          QStringLiteral("%1 hit").arg(life.usage.hits), QStringLiteral("slot %1").arg(life.slot)})
        QVERIFY2(sentence.contains(part), qPrintable(sentence));
    QVERIFY(sentence.startsWith(QStringLiteral("“"))); // the token itself
}

void LifetimesViewTest::keysChooseEntries() {
    LifetimesView* view = show();
    QTest::keyClick(view, Qt::Key_PageDown);
    QCOMPARE(m_traces.point().now().entry, 0);
    QTest::keyClick(view, Qt::Key_PageDown);
    QCOMPARE(m_traces.point().now().entry, 1);
    QTest::keyClick(view, Qt::Key_PageUp);
    QCOMPARE(m_traces.point().now().entry, 0);
    m_traces.to({1, 10, Phase::Record, 1, 2, 20, noPosition});
    const Life life = lives()[20];
    QVERIFY(life.evictedStep >= 0);
    QTest::keyClick(view, Qt::Key_Return);
    QCOMPARE(m_traces.point().now().step, life.evictedStep);
    // With a brush only chosen ones are gone to.
    BrushHistogram* ages = view->histograms()->histogram(LifeColumn::Age);
    QTest::mouseClick(ages, Qt::LeftButton, {}, ages->binRect(1).center().toPoint());
    settle(view);
    QTest::keyClick(view, Qt::Key_PageDown);
    const std::int32_t next = m_traces.point().now().entry;
    const auto held = [&](const Life& one) {
        return one.evictedStep >= 0 &&
               view->content()->lives->columns[0].bins.of(one.evictedStep - one.insertedStep) == 1;
    };
    QVERIFY(next > 20);
    QVERIFY(held(lives()[std::size_t(next)]));
    for (std::int32_t p = 21; p < next; ++p)
        QVERIFY(!held(lives()[std::size_t(p)]));
}

// While one drags something is drawn all the time, and in the end what is in sight.
void LifetimesViewTest::staysSharpWhileMoving() {
    LifetimesView* view = show({300, 240});
    wheel(view, view->placeOf(80, 10), 240);
    for (int i = 0; i < 30; ++i) {
        QTest::keyClick(view, i % 10 < 5 ? Qt::Key_Right : Qt::Key_Left);
        if (i % 3 == 0)
            QTest::qWait(1);
        const QImage image = view->grab().toImage();
        const QRectF plot = view->plotRect();
        int tinted = 0;
        for (int x = int(plot.left()) + 2; x < int(plot.right()); x += 2)
            for (int y = int(plot.top()) + 2; y < int(plot.bottom()); y += 2)
                tinted += !near(image.pixelColor(x, y), lifeGround(m_traces.theme()));
        QVERIFY(tinted > 100);
    }
    settle(view);
    QVERIFY(view->isSharp());
}

QTEST_MAIN(LifetimesViewTest)
#include "lifetimes_view_test.moc"
