// npz as NumPy reads it: a zip archive without compression of one .npy a column.
#include "model/analysis/row_formats.h"

#include <QDir>
#include <QTemporaryFile>
#include <QtEndian>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>

namespace attendre {

namespace {

constexpr qint64 pieceBytes = 1 << 20;
constexpr qint64 largestMember = std::numeric_limits<quint32>::max();

quint32 crc32(quint32 crc, const QByteArray& bytes) {
    static const std::array<quint32, 256> table = [] {
        std::array<quint32, 256> t{};
        for (quint32 i = 0; i < 256; ++i) {
            quint32 c = i;
            for (int bit = 0; bit < 8; ++bit)
                c = (c & 1) ? 0xedb88320U ^ (c >> 1) : c >> 1;
            t[i] = c;
        }
        return t;
    }();
    crc = ~crc;
    for (const char byte : bytes)
        crc = table[(crc ^ quint8(byte)) & 0xff] ^ (crc >> 8);
    return ~crc;
}

template <class T> QByteArray little(T value) {
    QByteArray bytes(sizeof value, 0);
    qToLittleEndian(value, bytes.data());
    return bytes;
}

template <class... Ts> QByteArray allLittle(Ts... values) {
    return (QByteArray() + ... + little(values));
}

// One column's values as they come: numbers of 8 bytes, texts as UTF-32 with their length before.
struct Column {
    OutputColumn what;
    std::unique_ptr<QTemporaryFile> file;
    bool nulls = false;
    quint32 longest = 1; // characters
};

struct Member {
    QByteArray name;
    quint32 crc = 0, size = 0, offset = 0;
};

QByteArray npyHeader(const QByteArray& type, qint64 rows) {
    QByteArray text = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" +
                      QByteArray::number(rows) + ",), }";
    constexpr int before = 10, alignment = 64;
    text +=
        QByteArray((alignment - (before + text.size() + 1) % alignment) % alignment, ' ') + '\n';
    return QByteArray("\x93NUMPY\x01\x00", 8) + little(quint16(text.size())) + text;
}

Error noRoom(const QString& why) {
    return {QString("The folder %1 for temporary files cannot hold the columns of the npz (%2): "
                    "free some space there or name another folder in TMPDIR.")
                .arg(QDir::tempPath(), why)};
}

Result<void> keep(QTemporaryFile& file, const QByteArray& bytes) {
    errno = 0;
    if (file.write(bytes) == bytes.size())
        return {};
    return noRoom(errno ? QString::fromLocal8Bit(std::strerror(errno)) : file.errorString());
}

class Npz : public RowFormat {
  public:
    explicit Npz(QIODevice& out) : m_out(out) {}

    Result<void> begin(const std::vector<OutputColumn>& columns) override {
        for (const OutputColumn& column : columns) {
            m_columns.push_back({column, std::make_unique<QTemporaryFile>(), false, 1});
            if (!m_columns.back().file->open())
                return noRoom(m_columns.back().file->errorString());
        }
        return {};
    }

    Result<void> add(const std::vector<OutputValue>& row) override {
        for (size_t i = 0; i < row.size(); ++i)
            if (auto done = addValue(m_columns[i], row[i]); !done)
                return done;
        ++m_rows;
        return {};
    }

    Result<void> end() override {
        for (Column& column : m_columns)
            if (auto done = writeMember(column); !done)
                return done;
        return writeDirectory();
    }

  private:
    static Result<void> addValue(Column& column, const OutputValue& value) {
        if (column.what.type == ColumnType::Text) {
            const auto* utf8 = std::get_if<QByteArray>(&value);
            const auto characters = QString::fromUtf8(utf8 ? *utf8 : QByteArray()).toUcs4();
            column.longest = std::max(column.longest, quint32(characters.size()));
            QByteArray bytes = little(quint32(characters.size()));
            for (const auto character : characters)
                bytes += little(quint32(character));
            return keep(*column.file, bytes);
        }
        if (const auto* number = std::get_if<qint64>(&value))
            return keep(*column.file, column.what.type == ColumnType::Integer
                                          ? little(*number)
                                          : little(double(*number)));
        if (const auto* real = std::get_if<double>(&value))
            return keep(*column.file, little(*real));
        column.nulls = true;
        return keep(*column.file, column.what.type == ColumnType::Integer
                                      ? little(std::numeric_limits<qint64>::min())
                                      : little(std::nan("")));
    }

    static bool asReal(const Column& column) {
        return column.what.type == ColumnType::Real || column.nulls;
    }

    // The next piece of the array as NumPy stores it; empty at the end.
    static QByteArray piece(Column& column) {
        QByteArray out;
        if (column.what.type == ColumnType::Text) {
            while (out.size() < pieceBytes) {
                const QByteArray count = column.file->read(4);
                if (count.size() < 4)
                    break;
                out += column.file->read(4 * qint64(qFromLittleEndian<quint32>(count.constData())))
                           .leftJustified(4 * qsizetype(column.longest), '\0');
            }
            return out;
        }
        out = column.file->read(pieceBytes);
        if (column.what.type == ColumnType::Integer && column.nulls)
            for (char* at = out.data(); at < out.data() + out.size(); at += 8) {
                const auto number = qFromLittleEndian<qint64>(at);
                const bool null = number == std::numeric_limits<qint64>::min();
                qToLittleEndian(null ? std::nan("") : double(number), at);
            }
        return out;
    }

    Result<void> writeMember(Column& column) {
        const bool text = column.what.type == ColumnType::Text;
        const QByteArray type = text             ? "<U" + QByteArray::number(column.longest)
                                : asReal(column) ? QByteArray("<f8")
                                                 : QByteArray("<i8");
        const QByteArray header = npyHeader(type, m_rows);
        const qint64 size = header.size() + m_rows * (text ? 4 * qint64(column.longest) : 8);
        if (size > largestMember || m_at + size > largestMember)
            return Error{
                QString("The column %1 of %2 rows is larger than an npz file holds (4 GiB); "
                        "choose fewer with --where, or csv.")
                    .arg(column.what.name)
                    .arg(m_rows)};
        // The checksum stands before the data: the column is read twice.
        Member member{column.what.name.toUtf8() + ".npy", crc32(0, header), quint32(size),
                      quint32(m_at)};
        errno = 0;
        if (!column.file->flush() || !column.file->seek(0))
            return noRoom(errno ? QString::fromLocal8Bit(std::strerror(errno))
                                : column.file->errorString());
        for (QByteArray part = piece(column); !part.isEmpty(); part = piece(column))
            member.crc = crc32(member.crc, part);
        const QByteArray local = allLittle(quint32(0x04034b50), quint16(20), quint16(0), quint16(0),
                                           quint16(0), quint16(33), member.crc, member.size,
                                           member.size, quint16(member.name.size()), quint16(0)) +
                                 member.name + header;
        m_members.push_back(member);
        if (auto done = put(local); !done)
            return done;
        column.file->seek(0);
        for (QByteArray part = piece(column); !part.isEmpty(); part = piece(column))
            if (auto done = put(part); !done)
                return done;
        column.file.reset();
        return {};
    }

    Result<void> writeDirectory() {
        const qint64 begin = m_at;
        for (const Member& m : m_members) {
            const QByteArray entry =
                allLittle(quint32(0x02014b50), quint16(20), quint16(20), quint16(0), quint16(0),
                          quint16(0), quint16(33), m.crc, m.size, m.size, quint16(m.name.size()),
                          quint16(0), quint16(0), quint16(0), quint16(0), quint32(0), m.offset) +
                m.name;
            if (auto done = put(entry); !done)
                return done;
        }
        const auto count = quint16(m_members.size());
        return put(allLittle(quint32(0x06054b50), quint16(0), quint16(0), count, count,
                             quint32(m_at - begin), quint32(begin), quint16(0)));
    }

    Result<void> put(const QByteArray& bytes) {
        m_at += bytes.size();
        return writeAll(m_out, bytes);
    }

    QIODevice& m_out;
    std::vector<Column> m_columns;
    std::vector<Member> m_members;
    qint64 m_rows = 0, m_at = 0;
};

} // namespace

std::unique_ptr<RowFormat> npzFormat(QIODevice& out) {
    return std::make_unique<Npz>(out);
}

} // namespace attendre
