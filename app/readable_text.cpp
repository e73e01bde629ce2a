#include "app/readable_text.h"

#include "app/default_example.h"

#include <QCoreApplication>
#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QPdfDocument>
#include <QPdfSelection>
#include <QSaveFile>
#include <QTextDocument>

namespace attendre {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("ReadableText", text);
}

Error unreadable(const QString& path, const QString& why) {
    return {tr("%1 cannot be read: %2.").arg(path, why), 2};
}

QString endingOf(const QString& path) {
    return QFileInfo(path).suffix().toLower();
}

bool isPage(const QString& ending) {
    return ending == QLatin1String("html") || ending == QLatin1String("htm");
}

bool isMarkdown(const QString& ending) {
    return ending == QLatin1String("md") || ending == QLatin1String("markdown");
}

Result<QString> written(const QString& name, QString text) {
    text.replace(QChar::Nbsp, u' ');
    text.replace(QStringLiteral("\r\n"), QStringLiteral("\n"));
    const QByteArray bytes = text.toUtf8();
    const QString folder = QDir::cleanPath(traceFolder() + QStringLiteral("/../documents"));
    QDir().mkpath(folder);
    const QByteArray hash = QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex();
    const QString path =
        QStringLiteral("%1/%2-%3.txt").arg(folder, name, QString::fromLatin1(hash.left(8)));
    if (QFileInfo::exists(path) && QFileInfo(path).size() == bytes.size())
        return path;
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
        return Error{tr("The text cannot be written to %1: %2; make room or allow it.")
                         .arg(path, file.errorString())};
    return path;
}

Result<ReadableText> pdfText(const QString& path) {
    QPdfDocument pdf;
    switch (pdf.load(path)) {
    case QPdfDocument::Error::None:
        break;
    case QPdfDocument::Error::IncorrectPassword:
    case QPdfDocument::Error::UnsupportedSecurityScheme:
        return unreadable(path, tr("it is locked by a password; save a copy without one"));
    case QPdfDocument::Error::FileNotFound:
        return unreadable(path, tr("there is no such file"));
    default:
        return unreadable(path, tr("it is no PDF file, or a damaged one"));
    }
    QStringList pages;
    for (int page = 0; page < pdf.pageCount(); ++page)
        pages << pdf.getAllText(page).text();
    if (pages.join(QString()).trimmed().isEmpty())
        return unreadable(path, tr("its %1 pages hold pictures and no text; recognise the text "
                                   "first")
                                    .arg(pages.size()));
    auto file = written(QFileInfo(path).completeBaseName(), pages.join(QStringLiteral("\n\n")));
    if (!file)
        return file.error();
    return ReadableText{file.take(),
                        pages.size() == 1
                            ? tr("The text of the one page of %1.").arg(path)
                            : tr("The text of the %1 pages of %2.").arg(pages.size()).arg(path)};
}

Result<ReadableText> markedText(const QString& path, bool page) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return unreadable(path, file.errorString());
    const QString source = QString::fromUtf8(file.readAll());
    QTextDocument document;
    if (page)
        document.setHtml(source);
    else
        document.setMarkdown(source);
    const QString text = document.toPlainText();
    if (text.trimmed().isEmpty())
        return unreadable(path, tr("it holds no text"));
    auto plain = written(QFileInfo(path).completeBaseName(), text + u'\n');
    if (!plain)
        return plain.error();
    return ReadableText{plain.take(), page ? tr("The text of the page %1.").arg(path)
                                           : tr("The text of %1, without its marks.").arg(path)};
}

} // namespace

bool needsReading(const QString& path) {
    const QString ending = endingOf(path);
    return ending == QLatin1String("pdf") || isPage(ending) || isMarkdown(ending);
}

Result<ReadableText> readableText(const QString& path) {
    const QString ending = endingOf(path);
    if (ending == QLatin1String("pdf"))
        return pdfText(path);
    if (isPage(ending) || isMarkdown(ending))
        return markedText(path, isPage(ending));
    return ReadableText{path, {}};
}

Result<ReadableText> readableClipboard(const QString& text) {
    if (text.trimmed().isEmpty())
        return Error{tr("The clipboard holds no text: copy some first."), 2};
    auto file = written(QStringLiteral("clipboard"), text);
    if (!file)
        return file.error();
    return ReadableText{file.take(), tr("The text that was copied.")};
}

} // namespace attendre
