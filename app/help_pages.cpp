#include "app/help_pages.h"

#include "app/engine_process.h"
#include "app/window_actions.h"
#include "model/trace/offered_options.h"
#include "widgets/trace_source.h"

#include <QCoreApplication>
#include <QDialog>
#include <QDialogButtonBox>
#include <QTextBrowser>
#include <QVBoxLayout>

#include <set>

namespace attendre {

namespace {

void showPage(const QString& title, const QString& html, QWidget* parent, QSize size) {
    auto* dialog = new QDialog(parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(title);
    auto* layout = new QVBoxLayout(dialog);
    auto* text = new QTextBrowser(dialog);
    text->setHtml(html);
    text->setOpenExternalLinks(true);
    layout->addWidget(text);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, dialog);
    QObject::connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    layout->addWidget(buttons);
    dialog->resize(size);
    dialog->open();
}

QString row(const QString& term, const QString& text) {
    return QStringLiteral(
               "<tr><td style='padding:3px 18px 3px 0; white-space:nowrap'><b>%1</b></td>"
               "<td style='padding:3px 0'>%2</td></tr>")
        .arg(term, text);
}

} // namespace

void showKeys(const WindowActions& actions, QWidget* parent) {
    QString table = QStringLiteral("<table cellspacing='0'>");
    for (const QAction* action : actions.all()) {
        QStringList keys;
        for (const QKeySequence& key : action->shortcuts())
            keys << key.toString(QKeySequence::NativeText).toHtmlEscaped();
        if (!keys.isEmpty())
            table += row(keys.join(QStringLiteral("<br>")), action->statusTip().toHtmlEscaped());
    }
    table += row(QObject::tr("Tab"), QObject::tr("To the next panel or control"));
    table += row(QObject::tr("Arrow keys in a panel"),
                 QObject::tr("From token to token, from slot to slot"));
    table += row(QObject::tr("Wheel, drag in a plot"),
                 QObject::tr("Look closer, move along (with Ctrl along the values); a double click "
                             "or 0 shows everything again"));
    table += row(QObject::tr("+ − A D in a plot"), QObject::tr("The same by keys"));
    table += row(QObject::tr("Shift+drag; drag over a histogram"),
                 QObject::tr("Choose steps, positions or entries; Esc lets go"));
    table += row(QObject::tr("In Lifetimes"),
                 QObject::tr("The wheel over an axis, or with Ctrl (steps) or Shift (positions), "
                             "stretches that axis alone; Page Up and Page Down go from entry to "
                             "entry, Enter to where it left; E shows peaks, H histograms"));
    table += QStringLiteral("</table>");
    showPage(QObject::tr("Keys"), table, parent, QSize(620, 640));
}

void showDefinitions(const TraceSource& source, const EngineProcess& engine, QWidget* parent) {
    QString html = QObject::tr("<h3>Policies</h3><p>The lowest rank is evicted; ties go to the "
                               "older insertion. These definitions are this project's own.</p>");
    html += QStringLiteral("<table cellspacing='0'>");
    std::set<QString> shown;
    const auto add = [&](const PolicyDescription& policy) {
        if (shown.insert(policy.title).second) // an expression is in its title
            html += row(policy.title.toHtmlEscaped(),
                        policy.definition.toHtmlEscaped() +
                            QObject::tr(" Rank: %1.").arg(policy.rankLabel.toHtmlEscaped()));
    };
    for (const PolicyDescription& policy : engine.hello().policies)
        add(policy);
    for (const RunInfo& run : source.runs())
        add(run.policy);
    html += QStringLiteral("</table>") + QObject::tr("<h3>Options</h3>") +
            QStringLiteral("<table cellspacing='0'>");
    for (const OptionDefinition& option : offeredOptions())
        html += row(QStringLiteral("--") + option.name.toHtmlEscaped() + u' ' +
                        option.argument.toHtmlEscaped(),
                    option.definition.toHtmlEscaped());
    html += QStringLiteral("</table>");
    showPage(QObject::tr("Policies and options"), html, parent, QSize(760, 640));
}

void showAbout(QWidget* parent) {
    const QString html =
        QObject::tr("<h2>Attendre Inspector %1</h2>"
                    "<p>Watch a language model read a long document through a small memory: what "
                    "it holds, what it evicted and why, and where attention lands.</p>"
                    "<p>Built around the idea of Yang and Hua, <i>Attendre: Wait To Attend By "
                    "Retrieval With Evicted Queries in Memory-Based Transformers for Long Context "
                    "Processing</i>, 2024, arXiv 2401.04881. The exact definitions are this "
                    "project's own.</p>"
                    "<p>Qt %2. GPL-3.0-or-later.</p>")
            .arg(QCoreApplication::applicationVersion(), QString::fromLatin1(qVersion()));
    showPage(QObject::tr("About"), html, parent, QSize(480, 320));
}

} // namespace attendre
