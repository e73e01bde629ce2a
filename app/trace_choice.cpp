#include "app/trace_choice.h"

#include "app/default_example.h"

#include <QCheckBox>
#include <QFileInfo>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QVBoxLayout>

namespace attendre {

TraceChoice::TraceChoice(const EngineProcess* engine, const QString& open, const QString& document,
                         QWidget* parent)
    : QWidget(parent), m_engine(engine), m_open(open), m_openDocument(document),
      m_document(document), m_path(new QLineEdit(this)), m_add(new QCheckBox(this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    column->addWidget(m_path);
    column->addWidget(m_add);
    m_path->setAccessibleName(tr("Trace"));
    m_path->setObjectName(QStringLiteral("trace"));
    m_add->setText(tr("Add to the open trace %1, beside its runs").arg(QFileInfo(open).fileName()));
    m_add->setObjectName(QStringLiteral("add"));
    m_add->setVisible(!open.isEmpty());
    setFocusProxy(m_path);
    connect(m_add, &QCheckBox::toggled, this, [this](bool add) {
        choose(add);
        emit edited();
    });
    connect(m_path, &QLineEdit::textChanged, this, &TraceChoice::edited);
    setDocument(document);
}

bool TraceChoice::fits() const {
    return !m_open.isEmpty() && !m_openDocument.isEmpty() &&
           QFileInfo(m_document) == QFileInfo(m_openDocument);
}

void TraceChoice::setDocument(const QString& document) {
    m_document = document;
    m_new = newTracePath(document.isEmpty() ? tr("run") : document);
    const QSignalBlocker blocker(m_add);
    m_add->setEnabled(fits());
    m_add->setToolTip(fits() ? QString() : tr("The open trace is of another document"));
    m_add->setChecked(fits());
    choose(fits());
}

void TraceChoice::choose(bool add) {
    m_path->setReadOnly(add);
    m_path->setEnabled(!add);
    m_path->setText(add ? m_open : m_new);
}

QString TraceChoice::path() const {
    return m_path->text().trimmed();
}

bool TraceChoice::adds() const {
    return m_add->isChecked();
}

QString TraceChoice::problem() const {
    const QString trace = path();
    if (!adds() && QFileInfo(trace).isFile())
        return fits() && QFileInfo(trace) == QFileInfo(m_open)
                   ? tr("This trace is open: tick “Add to the open trace”, or choose another name.")
                   : tr("The file %1 exists: choose another name.").arg(trace);
    const auto place = tracePlace(*m_engine, trace, adds(), false);
    return place ? QString() : place.error().sentence;
}

} // namespace attendre
