#include "app/figure_dialog.h"
#include "app/main_window.h"
#include "app/panel.h"
#include "app/workbench.h"
#include "tests/widgets/made_trace.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>

using namespace attendre;

// Every panel saved as a figure, by its menu: of the size that was asked for, with what it was made
// from; the panel is as it was afterwards.
class FigureTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;
    std::unique_ptr<MainWindow> m_window;

    void settle() {
        QTRY_COMPARE_WITH_TIMEOUT(m_window->source().pending(), 0, 20'000);
        QTest::qWait(30);
        QTRY_COMPARE_WITH_TIMEOUT(m_window->source().pending(), 0, 20'000);
    }
    FigureDialog* wanted(Panel* panel) {
        m_window->workbench().present(panel->objectName());
        settle();
        auto* button = panel->titleBarWidget()->findChild<QToolButton*>("panelMenu");
        if (!button)
            return nullptr;
        emit button->menu()->aboutToShow(); // as it is opened
        button->menu()->popup(panel->mapToGlobal(QPoint(20, 20)));
        if (!QTest::qWaitForWindowExposed(button->menu()))
            return nullptr;
        QTest::keyClick(button->menu(), Qt::Key_Down);
        QTest::keyClick(button->menu(), Qt::Key_Return);
        return m_window->findChild<FigureDialog*>();
    }
    // Fills the dialog's fields by keys and saves.
    void fill(FigureDialog* dialog, QSize size, const QString& path, bool caption = true) {
        const auto boxes = dialog->findChildren<QSpinBox*>();
        for (const auto& [box, value] :
             {std::pair{boxes[0], size.width()}, {boxes[1], size.height()}}) {
            box->setFocus();
            box->selectAll();
            QTest::keyClicks(box, QString::number(value));
        }
        auto* file = dialog->findChild<QLineEdit*>("");
        for (QLineEdit* line : dialog->findChildren<QLineEdit*>())
            if (line->accessibleName() == "File")
                file = line;
        file->selectAll();
        QTest::keyClicks(file, path);
        if (!caption)
            QTest::keyClick(dialog->findChild<QCheckBox*>(), Qt::Key_Space);
        QTest::mouseClick(dialog->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Save),
                          Qt::LeftButton);
    }

  private slots:
    void initTestCase() {
        QStandardPaths::setTestModeEnabled(true);
        QCoreApplication::setApplicationName("attendre-test");
        QVERIFY(recordMade(m_folder.filePath("made.trace"), windowOptions()).ok());
        m_window = std::make_unique<MainWindow>(false);
        m_window->resize(1440, 900);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        QSignalSpy opened(&m_window->source(), &TraceSource::opened);
        m_window->openTrace(m_folder.filePath("made.trace"));
        QVERIFY(opened.wait(20'000));
        settle();
    }

    void everyPanel_data() {
        QTest::addColumn<QString>("id");
        for (Panel* panel : m_window->workbench().panels())
            QTest::addRow("%s", qPrintable(panel->objectName())) << panel->objectName();
    }
    void everyPanel() {
        QFETCH(QString, id);
        Panel* panel = m_window->workbench().panel(id);
        m_window->workbench().present(id);
        settle();
        if (panel->view()->isBlank()) // nothing of this run is in it
            return;
        const QSize before = panel->view()->size();
        FigureDialog* dialog = wanted(panel);
        QVERIFY(dialog);
        const QString path = m_folder.filePath(id + ".png");
        fill(dialog, {700, 420}, path, false);
        QTRY_VERIFY_WITH_TIMEOUT(!m_window->findChild<FigureDialog*>(), 20'000);
        const QImage image(path);
        QCOMPARE(image.size(), QSize(1400, 840)); // two pixels per px
        QSet<QRgb> colours;
        for (int y = 0; y < image.height(); y += 3)
            for (int x = 0; x < image.width(); x += 3)
                colours.insert(image.pixel(x, y));
        QVERIFY2(colours.size() > 2, "it is empty");
        settle();
        QTRY_COMPARE(panel->view()->size(), before);
        QVERIFY(panel->view()->isVisible());
    }

    void vectorsWithTheirCaption() {
        Panel* panel = m_window->workbench().panel("timeline");
        const QString svg = m_folder.filePath("t.svg"), pdf = m_folder.filePath("t.pdf");
        for (const QString& path : {svg, pdf}) {
            FigureDialog* dialog = wanted(panel);
            QVERIFY(dialog);
            fill(dialog, {900, 300}, path);
            QTRY_VERIFY_WITH_TIMEOUT(!m_window->findChild<FigureDialog*>(), 20'000);
        }
        QFile file(svg);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray text = file.readAll();
        const RunInfo& run = m_window->source().runs().front();
        for (const QByteArray& said : {QByteArray("layer"), run.modelHash.left(12).toUtf8(),
                                       QByteArray("M 64, C 16"), QByteArray("Timeline")})
            QVERIFY2(text.contains(said), said.constData());
        QVERIFY(!text.contains("<image")); // lines stay lines
        QFile pages(pdf);
        QVERIFY(pages.open(QIODevice::ReadOnly));
        QVERIFY(pages.read(5) == "%PDF-");
    }

    void whatCannotBeWritten() {
        Panel* panel = m_window->workbench().panel("overview");
        FigureDialog* dialog = wanted(panel);
        QVERIFY(dialog);
        fill(dialog, {500, 300}, m_folder.filePath("o.bmp"));
        const auto problem = [&] {
            QString all;
            for (QLabel* label : dialog->findChildren<QLabel*>())
                all += label->text() + '\n';
            return all;
        };
        QTRY_VERIFY2(problem().contains("names no format"), qPrintable(problem()));
        QTest::keyClick(dialog, Qt::Key_Escape);
        QTRY_VERIFY(!m_window->findChild<FigureDialog*>());
        QVERIFY(panel->view()->isVisible());
    }
};

QTEST_MAIN(FigureTest)
#include "figure_test.moc"
