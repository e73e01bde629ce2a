#include "app/expected_warnings.h"

#include <QString>
#include <QtGlobal>

namespace attendre {

namespace {

QtMessageHandler before = nullptr;

void pass(QtMsgType type, const QMessageLogContext& context, const QString& message) {
    const bool expected =
        message.startsWith(QStringLiteral("This plugin does not support propagateSizeHints")) ||
        message.startsWith(QStringLiteral("QStandardPaths: XDG_RUNTIME_DIR not set"));
    if (!expected && before)
        before(type, context, message);
}

} // namespace

void dropExpectedWarnings() {
    before = qInstallMessageHandler(pass);
}

} // namespace attendre
