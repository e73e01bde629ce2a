// window_gallery FOLDER TRACE [THEME [RESULTS]]: pictures of the window's pages and dialogs, to be
// looked at.
#include "app/main_window.h"
#include "app/message_bar.h"
#include "app/new_run_dialog.h"
#include "app/results_window.h"
#include "app/run_session.h"
#include "app/window_actions.h"
#include "app/workbench.h"
#include "tests/app/run_program.h"
#include "widgets/results_view.h"

#include <QApplication>
#include <QDialog>
#include <QDir>
#include <QFileInfo>
#include <QPushButton>
#include <QStandardPaths>
#include <QStyleFactory>
#include <QTest>

using namespace attendre;

namespace {

void settle(MainWindow& window, int milliseconds = 300) {
    QTest::qWait(milliseconds);
    (void)QTest::qWaitFor([&] { return window.source().pending() == 0; }, 20'000);
}

// The dialog that an action opens; closed again.
void takeDialog(MainWindow& window, QAction* action, const QString& file) {
    action->trigger();
    settle(window, 1500);
    for (QDialog* dialog : window.findChildren<QDialog*>())
        if (dialog->isVisible()) {
            dialog->grab().save(file);
            dialog->reject();
        }
    settle(window, 50);
}

// The first question that has a trace: its row in the results, and the step that it opens at.
void takeQuestion(MainWindow& window, const QString& results, const QDir& folder) {
    window.openResults(results);
    ResultsWindow& own = window.results();
    (void)QTest::qWaitFor([&] { return own.source().isOpen(); }, 60'000);
    own.resize(1100, 700);
    const auto& rows = own.source().results().rows;
    for (int row = 0; row < int(rows.size()); ++row)
        for (const Answered& answered : rows[std::size_t(row)].answers)
            if (const ChosenQuestion question{rows[std::size_t(row)].file, {}, answered};
                rows[std::size_t(row)].row.way == "memory" && QFileInfo::exists(question.trace())) {
                own.view().chooseRow(row);
                CellTable* items = own.view().items()->table();
                for (int item = 0; item < items->content().rowCount(); ++item)
                    if (items->content().cell(item, 0).text == answered.id)
                        items->choose(item);
                settle(window);
                own.grab().save(folder.filePath(QStringLiteral("results.png")));
                own.view().items()->openButton()->click();
                settle(window, 1500);
                window.grab().save(folder.filePath(QStringLiteral("evidence.png")));
                return;
            }
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 3)
        return 2;
    QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    QApplication application(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("attendre-gallery"));
    qRegisterMetaType<Point>();
    const QDir folder(QString::fromLocal8Bit(argv[1]));
    MainWindow window(false);
    window.setTheme(Theme::Kind(argc > 3 ? QByteArray(argv[3]).toInt() : 0));
    window.session().engine()->setCommand(programPath(), {QStringLiteral("serve")});
    window.resize(1100, 700);
    window.show();
    settle(window);
    window.grab().save(folder.filePath(QStringLiteral("welcome.png")));
    window.session().restartEngine();
    (void)QTest::qWaitFor(
        [&] { return window.session().engine()->state() == EngineProcess::State::Ready; }, 20'000);

    takeDialog(window, window.actions().newRun, folder.filePath(QStringLiteral("new-run.png")));
    takeDialog(window, window.actions().keys, folder.filePath(QStringLiteral("keys.png")));
    window.openTrace(QString::fromLocal8Bit(argv[2]));
    settle(window, 1000);
    takeDialog(window, window.actions().policies,
               folder.filePath(QStringLiteral("definitions.png")));
    takeDialog(window, window.actions().about, folder.filePath(QStringLiteral("about.png")));
    const QStringList others = {QStringLiteral("metrics"), QStringLiteral("compare"),
                                QStringLiteral("console")};
    for (const QString& id : others) {
        window.workbench().present(id);
        settle(window);
        window.grab().save(folder.filePath(id + QStringLiteral(".png")));
    }
    window.session().engine()->kill();
    settle(window);
    if (argc > 4)
        takeQuestion(window, QString::fromLocal8Bit(argv[4]), folder);
    window.openTrace(QStringLiteral("/nowhere/none.trace"));
    settle(window);
    window.grab().save(folder.filePath(QStringLiteral("message.png")));
    return 0;
}
