#include "model/analysis/row_formats.h"

#include <QFileDevice>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

namespace attendre {

namespace {

// The shortest text that reads back as the same number.
QByteArray numberText(double value) {
    return QByteArray::number(value, 'g', QLocale::FloatingPointShortest);
}

QByteArray quoted(const QByteArray& text) {
    if (text.indexOf('"') < 0 && text.indexOf(',') < 0 && text.indexOf('\n') < 0 &&
        text.indexOf('\r') < 0 && !text.isEmpty())
        return text;
    QByteArray escaped = text;
    escaped.replace("\"", "\"\"");
    return '"' + escaped + '"';
}

class Csv : public RowFormat {
  public:
    explicit Csv(QIODevice& out) : m_out(out) {}

    Result<void> begin(const std::vector<OutputColumn>& columns) override {
        QByteArrayList names;
        for (const OutputColumn& column : columns)
            names << column.name.toUtf8();
        return writeAll(m_out, names.join(',') + "\n");
    }
    Result<void> add(const std::vector<OutputValue>& row) override {
        QByteArray line;
        for (size_t i = 0; i < row.size(); ++i) {
            if (i > 0)
                line += ',';
            if (const auto* number = std::get_if<qint64>(&row[i]))
                line += QByteArray::number(*number);
            else if (const auto* real = std::get_if<double>(&row[i]))
                line += numberText(*real);
            else if (const auto* text = std::get_if<QByteArray>(&row[i]))
                line += quoted(*text);
        }
        return writeAll(m_out, line + "\n");
    }
    Result<void> end() override { return {}; }

  private:
    QIODevice& m_out;
};

QByteArray jsonText(const QByteArray& utf8) {
    const QByteArray array =
        QJsonDocument(QJsonArray{QString::fromUtf8(utf8)}).toJson(QJsonDocument::Compact);
    return array.mid(1, array.size() - 2);
}

class JsonLines : public RowFormat {
  public:
    explicit JsonLines(QIODevice& out) : m_out(out) {}

    Result<void> begin(const std::vector<OutputColumn>& columns) override {
        for (const OutputColumn& column : columns)
            m_names.push_back(jsonText(column.name.toUtf8()) + ':');
        return {};
    }
    Result<void> add(const std::vector<OutputValue>& row) override {
        QByteArray line = "{";
        for (size_t i = 0; i < row.size(); ++i) {
            if (i > 0)
                line += ',';
            line += m_names[i];
            if (const auto* number = std::get_if<qint64>(&row[i]))
                line += QByteArray::number(*number);
            else if (const auto* real = std::get_if<double>(&row[i]))
                line += std::isfinite(*real) ? numberText(*real) : "null"; // JSON has no infinity
            else if (const auto* text = std::get_if<QByteArray>(&row[i]))
                line += jsonText(*text);
            else
                line += "null";
        }
        return writeAll(m_out, line + "}\n");
    }
    Result<void> end() override { return {}; }

  private:
    QIODevice& m_out;
    std::vector<QByteArray> m_names;
};

// A value as one line of text.
QString lineOf(const OutputValue& value) {
    if (const auto* number = std::get_if<qint64>(&value))
        return QString::number(*number);
    if (const auto* real = std::get_if<double>(&value))
        return QString::fromLatin1(numberText(*real));
    if (const auto* text = std::get_if<QByteArray>(&value))
        return QString::fromUtf8(*text)
            .replace('\n', "\\n")
            .replace('\r', "\\r")
            .replace('\t', "\\t")
            .remove(QChar(u'\0'));
    return {};
}

class Aligned : public RowFormat {
  public:
    explicit Aligned(QIODevice& out) : m_out(out) {}

    Result<void> begin(const std::vector<OutputColumn>& columns) override {
        for (const OutputColumn& column : columns)
            m_columns.push_back({column.name, column.name.size(), true});
        return {};
    }
    Result<void> add(const std::vector<OutputValue>& row) override {
        std::vector<QString> cells;
        for (size_t i = 0; i < row.size(); ++i) {
            cells.push_back(lineOf(row[i]));
            m_columns[i].width = std::max(m_columns[i].width, cells.back().size());
            if (std::holds_alternative<QByteArray>(row[i]))
                m_columns[i].numbers = false;
        }
        m_rows.push_back(std::move(cells));
        return {};
    }
    Result<void> end() override {
        std::vector<QString> names, rules;
        for (const Column& column : m_columns) {
            names.push_back(column.name);
            rules.push_back(QString(column.width, '-'));
        }
        QByteArray text = line(names) + line(rules);
        for (const std::vector<QString>& row : m_rows)
            text += line(row);
        return writeAll(m_out, text);
    }

  private:
    struct Column {
        QString name;
        qsizetype width;
        bool numbers; // nothing else so far
    };

    QByteArray line(const std::vector<QString>& cells) const {
        QStringList parts;
        for (size_t i = 0; i < cells.size(); ++i)
            parts << (m_columns[i].numbers ? cells[i].rightJustified(m_columns[i].width)
                                           : cells[i].leftJustified(m_columns[i].width));
        QString joined = parts.join("  ");
        while (joined.endsWith(' '))
            joined.chop(1);
        return joined.toUtf8() + '\n';
    }

    QIODevice& m_out;
    std::vector<Column> m_columns;
    std::vector<std::vector<QString>> m_rows;
};

} // namespace

Result<void> writeAll(QIODevice& out, const QByteArray& bytes) {
    errno = 0;
    if (out.write(bytes) == bytes.size())
        return {};
    const QString why = errno ? QString::fromLocal8Bit(std::strerror(errno)) : out.errorString();
    const auto* file = qobject_cast<QFileDevice*>(&out);
    return Error{
        QString("%1 cannot be written (%2): free some space or name another file with -o.")
            .arg(file && !file->fileName().isEmpty() ? file->fileName() : "The output", why)};
}

std::unique_ptr<RowFormat> csvFormat(QIODevice& out) {
    return std::make_unique<Csv>(out);
}

std::unique_ptr<RowFormat> alignedFormat(QIODevice& out) {
    return std::make_unique<Aligned>(out);
}

std::unique_ptr<RowFormat> jsonLinesFormat(QIODevice& out) {
    return std::make_unique<JsonLines>(out);
}

} // namespace attendre
