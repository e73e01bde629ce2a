#pragma once

#include "model/trace/result.h"

#include <QSize>
#include <QString>

#include <functional>

class QPaintDevice;
class QWidget;

namespace attendre {

// Something drawn, as it can be saved: by its painting or by the numbers behind it.
struct DrawnPicture {
    QString name, caption;
    QSize size;
    std::function<bool(QPaintDevice*)> paint; // false: the device takes no painter
    std::function<QString()> csv;             // with a line of headings
};

// The file name's ending chooses PNG, SVG, PDF or CSV. Errors: another ending, a file that cannot
// be written.
Result<void> savePicture(const DrawnPicture& picture, const QString& path);
// Asks for a file; empty: nothing was chosen.
QString askWhereToSave(QWidget* parent, const QString& name);

} // namespace attendre
