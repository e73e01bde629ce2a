#include "app/model_menu.h"

#include "model/engine/engine.h"
#include "model/formats/hub_cache.h"

#include <QLocale>
#include <QStandardPaths>

namespace attendre {

namespace {

// As they are computed in: f32, whatever they are stored as.
QString needWords(const ModelDescription& model) {
    const QLocale locale(QLocale::English);
    return ModelMenu::tr("%1 · %2 M parameters · %3 on disk · %4 of weights in memory")
        .arg(model.family, locale.toString(double(model.parameters) / 1e6, 'f', 0),
             bytesInWords(model.fileBytes), bytesInWords(model.parameters * 4));
}

} // namespace

ModelMenu::ModelMenu(QWidget* parent) : QMenu(parent) {
    setToolTipsVisible(true);
    connect(this, &QMenu::aboutToShow, this, &ModelMenu::fill);
}

void ModelMenu::fill() {
    clear();
    const QString cache = QStandardPaths::writableLocation(QStandardPaths::GenericCacheLocation);
    const auto models =
        modelsOnThisMachine(hubCacheFolder(), {cache + QStringLiteral("/attendre/models")});
    const qint64 available = availableMemory();
    for (const CachedModel& model : models) {
        const QString what = model.description ? needWords(*model.description) : model.refusal;
        QAction* action =
            addAction(QString(model.name).replace(u'&', QStringLiteral("&&")) +
                      QStringLiteral(" — ") + (model.description ? what : tr("cannot be run")));
        action->setToolTip(what);
        action->setEnabled(model.description.has_value());
        if (model.description && available >= 0 && model.description->parameters * 4 > available)
            action->setText(action->text() + tr(" (%1 are free)").arg(bytesInWords(available)));
        connect(action, &QAction::triggered, this,
                [this, path = model.path] { emit chosen(path); });
    }
    if (models.empty())
        addAction(tr("none was found in %1").arg(hubCacheFolder()))->setEnabled(false);
}

} // namespace attendre
