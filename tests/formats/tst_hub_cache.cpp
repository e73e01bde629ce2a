#include "model/formats/hub_cache.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace attendre;

// A hub cache as Hugging Face's libraries lay it out: blobs, snapshots of links to them, refs.
class TestHubCache : public QObject {
    Q_OBJECT
    QTemporaryDir m_folder;

    QString hub() const { return m_folder.filePath("hub"); }
    static void write(const QString& path, const QByteArray& bytes) {
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
            qFatal("%s", qPrintable(path));
    }
    // source: a folder or file of the golden models; empty: an empty snapshot.
    void keep(const QString& name, const QString& revision, const QString& source) {
        const QString repository = hub() + "/models--" + QString(name).replace("/", "--");
        const QString snapshot = repository + "/snapshots/" + revision;
        QDir().mkpath(snapshot);
        QDir().mkpath(repository + "/blobs");
        const QString golden = QStringLiteral(ATTENDRE_SOURCE_DIR "/tests/golden/models/") + source;
        const QStringList files = source.isEmpty()            ? QStringList()
                                  : QFileInfo(golden).isDir() ? QDir(golden).entryList(QDir::Files)
                                                              : QStringList(QString());
        for (const QString& file : files) {
            const QString from = file.isEmpty() ? golden : golden + u'/' + file;
            const QString base = QFileInfo(from).fileName();
            const QString blob = repository + "/blobs/" + revision + base;
            QVERIFY(QFile::copy(from, blob));
            QVERIFY(QFile::link("../../blobs/" + revision + base, snapshot + u'/' + base));
        }
    }

  private slots:
    void whatIsFound() {
        keep("tiny/llama", "r1", "llama-random");
        keep("tiny/two-revisions", "old", "qwen2");
        keep("tiny/two-revisions", "new", "bias");
        QDir().mkpath(hub() + "/models--tiny--two-revisions/refs");
        write(hub() + "/models--tiny--two-revisions/refs/main", "old\n");
        keep("tiny/files", "r1", "tiny-mixed.gguf");
        keep("tiny/config-only", "r1", "");
        write(hub() + "/models--tiny--config-only/snapshots/r1/config.json", "{}");
        keep("tiny/other-family", "r1", "");
        const QString other = hub() + "/models--tiny--other-family/snapshots/r1";
        write(other + "/config.json", "{\"model_type\":\"mamba\"}");
        write(other + "/model.safetensors", "x");
        QDir().mkpath(hub() + "/datasets--tiny--set/snapshots/r1");
        QDir().mkpath(m_folder.filePath("more"));
        QVERIFY(QFile::copy(QStringLiteral(ATTENDRE_SOURCE_DIR "/tests/golden/models/gpt2.gguf"),
                            m_folder.filePath("more/small.gguf")));

        const auto models = modelsOnThisMachine(hub(), {m_folder.filePath("more")});
        QStringList names, refused;
        for (const CachedModel& model : models) {
            (model.description ? names : refused) << model.name;
            QVERIFY(model.description.has_value() == model.refusal.isEmpty());
            QVERIFY(QFileInfo::exists(model.path));
        }
        QCOMPARE(names, QStringList({"tiny/files/tiny-mixed.gguf", "tiny/llama",
                                     "tiny/two-revisions", "small.gguf"}));
        QCOMPARE(refused, QStringList("tiny/other-family"));
        QVERIFY2(models.back().refusal.contains("mamba"), qPrintable(models.back().refusal));
        for (const CachedModel& model : models)
            if (model.name == "tiny/two-revisions") // what main stands for
                QCOMPARE(model.description->family, QString("qwen2"));
    }

    void whereItIs() {
        qputenv("HF_HUB_CACHE", "/a");
        qputenv("HF_HOME", "/b");
        QCOMPARE(hubCacheFolder(), QString("/a"));
        qunsetenv("HF_HUB_CACHE");
        QCOMPARE(hubCacheFolder(), QString("/b/hub"));
        qunsetenv("HF_HOME");
        qputenv("XDG_CACHE_HOME", "/c");
        QCOMPARE(hubCacheFolder(), QString("/c/huggingface/hub"));
        QVERIFY(modelsOnThisMachine("/nowhere/at/all", {"/nor/here"}).empty());
    }
};

QTEST_GUILESS_MAIN(TestHubCache)
#include "tst_hub_cache.moc"
