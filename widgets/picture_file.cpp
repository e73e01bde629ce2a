#include "widgets/picture_file.h"

#include <QCoreApplication>
#include <QFileDialog>
#include <QFileInfo>
#include <QImage>
#include <QPageSize>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>

namespace attendre {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("PictureFile", text);
}

Result<void> unwritable(const QString& path) {
    return Error{tr("The picture could not be written to %1: choose another folder or free some "
                    "space.")
                     .arg(path)};
}

} // namespace

Result<void> savePicture(const DrawnPicture& picture, const QString& path) {
    const QString ending = QFileInfo(path).suffix().toLower();
    if (ending == QLatin1String("csv")) {
        const QString text = picture.csv();
        QSaveFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(text.toUtf8()) < 0 || !file.commit())
            return unwritable(path);
        return {};
    }
    if (ending == QLatin1String("svg")) {
        QSvgGenerator svg;
        svg.setFileName(path);
        svg.setSize(picture.size);
        svg.setViewBox(QRectF({}, QSizeF(picture.size)));
        svg.setTitle(picture.name);
        svg.setDescription(picture.caption);
        return picture.paint(&svg) ? Result<void>() : unwritable(path);
    }
    if (ending == QLatin1String("pdf")) {
        QPdfWriter pdf(path);
        pdf.setTitle(picture.caption);
        pdf.setResolution(96);
        pdf.setPageSize(QPageSize(QSizeF(picture.size) * 72 / 96, QPageSize::Point));
        pdf.setPageMargins({});
        return picture.paint(&pdf) ? Result<void>() : unwritable(path);
    }
    if (ending != QLatin1String("png"))
        return Error{tr("The ending “%1” of %2 names no format that pictures are saved in: use "
                        "png, svg, pdf or csv.")
                         .arg(ending, path),
                     2};
    QImage image(picture.size * 2, QImage::Format_RGB32);
    image.setDevicePixelRatio(2);
    image.setText(QStringLiteral("Description"), picture.caption);
    if (!picture.paint(&image) || !image.save(path))
        return unwritable(path);
    return {};
}

QString askWhereToSave(QWidget* parent, const QString& name) {
    return QFileDialog::getSaveFileName(
        parent, tr("Save %1").arg(name), name.toLower().remove(QLatin1Char('?')) + ".png",
        tr("Picture (*.png);;Vectors (*.svg);;PDF (*.pdf);;Numbers (*.csv)"));
}

} // namespace attendre
