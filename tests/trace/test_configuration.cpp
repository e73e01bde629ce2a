#include "model/trace/archive.h"
#include "model/trace/offered_options.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

using namespace attendre;

namespace {

NetworkShape smallShape() {
    NetworkShape shape;
    shape.layers = 3;
    shape.queryHeads = 9;
    shape.heads = 3;
    shape.headDimension = 64;
    shape.trainedLength = 2048;
    return shape;
}

PolicyDescription policyNamed(const QString& name, const QString& recent = "0") {
    PolicyDescription policy;
    policy.name = name;
    policy.title = name.toUpper();
    policy.rankColumn = name == "fifo" ? "tick_inserted" : "hits";
    policy.defaultRecent = recent;
    return policy;
}

Configuration sized(int memory, int chunk, const QString& policy = "lra") {
    Configuration c;
    c.memory = {memory};
    c.chunk = chunk;
    c.policy = policy;
    return c;
}

// What resolve() answers: the refusal's sentence, or the notices.
QString answer(const Configuration& c, qint64 tokens, NetworkShape shape = smallShape(),
               const QString& recent = "0") {
    const auto resolved = resolve(c, shape, policyNamed(c.policy, recent), tokens);
    return resolved ? resolved->notices.join('\n') : resolved.error().sentence;
}

} // namespace

class TestConfiguration : public QObject {
    Q_OBJECT

  private slots:
    void everyFieldSurvivesJson() {
        Configuration c;
        const QList<std::pair<QString, QString>> options = {{"mode", "causal"},
                                                            {"memory", "512,256,full"},
                                                            {"query-memory", "0,1,2"},
                                                            {"chunk", "32"},
                                                            {"policy", "custom"},
                                                            {"expression", "age*2"},
                                                            {"future", "a.trace"},
                                                            {"lfa-count", "mass"},
                                                            {"lfa-per-age", "true"},
                                                            {"sinks", "7"},
                                                            {"recent", "0"},
                                                            {"pin", "3-9,20-20"},
                                                            {"change", "keep 3 at 2-"},
                                                            {"pure", "true"},
                                                            {"half-life", "12.5"},
                                                            {"group", "max"},
                                                            {"hit", "top-k"},
                                                            {"granularity", "layer"},
                                                            {"top-k", "5"},
                                                            {"positions", "relative"},
                                                            {"output-memory", "9"},
                                                            {"output-policy", "lra"},
                                                            {"bos", "no"},
                                                            {"tokens", "100"},
                                                            {"archive", "all"},
                                                            {"archive-limit", "2.5"},
                                                            {"template", "{document} {question}"},
                                                            {"device", "cuda:1"},
                                                            {"dtype", "bf16"},
                                                            {"seed", "18446744073709551615"},
                                                            {"threads", "2"},
                                                            {"detail", "full"}};
        QCOMPARE(qsizetype(optionDefinitions().size()), options.size() + 1); // and preset
        for (const auto& [name, text] : options) {
            const auto done = setOption(c, name, text);
            QVERIFY2(done.ok(), qPrintable(name));
        }
        QCOMPARE(c.memory, (std::vector<int>{512, 256, 0}));
        QCOMPARE(c.pins, (std::vector<std::pair<int, int>>{{3, 9}, {20, 20}}));
        QCOMPARE(c.seed, std::numeric_limits<quint64>::max());
        const QJsonObject json = toJson(c);
        const auto again =
            configurationFromJson(QJsonDocument::fromJson(QJsonDocument(json).toJson()).object());
        QVERIFY2(again.ok(), again ? "" : qPrintable(again.error().sentence));
        QCOMPARE(toJson(*again), json);
        QCOMPARE(toJson(*again)["memory"].toArray()[2].toString(), QString("full"));
        QCOMPARE(json.size(), options.size());
    }

    void defaultsAreNotWritten() {
        Configuration c;
        QVERIFY(toJson(c, false).isEmpty());
        QVERIFY(commandLine(c).isEmpty());
        QVERIFY(setOption(c, "memory", "full").ok());
        QVERIFY(setOption(c, "pure", "").ok());
        QCOMPARE(commandLine(c), (QStringList{"--memory", "full", "--pure"}));
        const auto back = configurationFromJson(toJson(c, false));
        QVERIFY(back->memory.empty() && back->pure);
        // null puts the default back where being unset is one, and is refused elsewhere.
        QVERIFY(setOption(c, "recent", "5").ok());
        QVERIFY(!configurationFromJson({{"recent", QJsonValue()}}, c)->recent);
        const auto null = configurationFromJson({{"memory", QJsonValue()}}, c);
        QVERIFY(!null && null.error().sentence.contains("--memory has the value null"));
        QVERIFY(configurationFromJson({{"mode", ""}}).ok());
        QVERIFY(!configurationFromJson({{"policy", ""}}).ok());
    }

    void refusalsNameOptionAndValue_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("text");
        QTest::newRow("zero memory") << "memory"
                                     << "0";
        QTest::newRow("letters") << "chunk"
                                 << "many";
        QTest::newRow("choice") << "policy"
                                << "lru";
        QTest::newRow("span") << "pin"
                              << "9-3";
        QTest::newRow("overflow") << "sinks"
                                  << "99999999999";
        QTest::newRow("negative") << "half-life"
                                  << "-1";
        QTest::newRow("not a number") << "half-life"
                                      << "nan";
        QTest::newRow("device") << "device"
                                << "tpu";
        QTest::newRow("flag") << "pure"
                              << "maybe";
        QTest::newRow("list") << "query-memory"
                              << "1,,2";
        QTest::newRow("trailing comma") << "memory"
                                        << "64,";
        QTest::newRow("empty") << "memory"
                               << "";
        QTest::newRow("empty word") << "policy"
                                    << "";
        QTest::newRow("preset") << "preset"
                                << "snap";
    }
    void refusalsNameOptionAndValue() {
        QFETCH(QString, name);
        QFETCH(QString, text);
        Configuration c;
        const QJsonObject before = toJson(c);
        const auto done = setOption(c, name, text);
        QVERIFY(!done.ok());
        QCOMPARE(done.error().exitCode, 2);
        QVERIFY2(done.error().sentence.contains("--" + name), qPrintable(done.error().sentence));
        QVERIFY2(done.error().sentence.contains('"' + text) || text.contains(','),
                 qPrintable(done.error().sentence));
        QCOMPARE(toJson(c), before);
    }

    void jsonRefusesByName() {
        const auto unknown = configurationFromJson({{"memry", 5}});
        QVERIFY(!unknown.ok() && unknown.error().sentence.contains("memry"));
        const auto type = configurationFromJson({{"chunk", "64"}});
        QVERIFY(!type.ok() && type.error().sentence.contains("chunk"));
        QVERIFY(!configurationFromJson({{"chunk", 1.5}}).ok());
        QVERIFY(!configurationFromJson({{"memory", QJsonObject()}}).ok());
        QVERIFY(!configurationFromJson({{"memory", QJsonArray{QJsonArray{1}}}}).ok());
    }

    void limitsAreNamed() {
        Configuration c;
        QVERIFY(setOption(c, "sinks", "99999999999").error().sentence.contains("to 2147483647"));
        QVERIFY(setOption(c, "memory", "-1").error().sentence.contains("from 1 to"));
        QVERIFY(setOption(c, "seed", "-1").error().sentence.contains("18446744073709551615"));
    }

    void pureAndProtectionExcludeEachOther() {
        for (const char* name : {"sinks", "recent"}) {
            auto both = configurationFromJson({{"pure", true}, {name, 4}});
            both->memory = {128};
            const QString sentence = answer(*both, 1000);
            QVERIFY2(sentence.contains("--pure") && sentence.contains(name), qPrintable(sentence));
            QVERIFY(configurationFromJson({{"pure", true}, {name, 0}}).ok());
        }
        // What was given later wins over what a preset or a file said.
        const auto preset = configurationFromJson({{"preset", "streaming-llm"}, {"pure", true}});
        QVERIFY(preset->pure && !preset->sinks);
        const auto sinks = configurationFromJson({{"sinks", 4}}, *preset);
        QVERIFY(!sinks->pure && *sinks->sinks == 4);
    }

    void filledInHasNoDefaults() {
        Configuration c = sized(512, 64);
        c.policy = "lfa";
        const auto resolved = resolve(c, smallShape(), policyNamed("lfa", "C"), 1000);
        QVERIFY(resolved.ok());
        const QJsonObject json = toJson(filledIn(*resolved));
        QCOMPARE(json["sinks"].toInt(), 4);
        QCOMPARE(json["recent"].toInt(), 64);
        QCOMPARE(json["mode"].toString(), QString("causal"));
    }

    void presets() {
        Configuration c;
        QVERIFY(setOption(c, "preset", "streaming-llm").ok());
        QCOMPARE(c.policy, QString("fifo"));
        QCOMPARE(c.positions, QString("relative"));
        QVERIFY(setOption(c, "preset", "tova").ok());
        QCOMPARE(c.policy, QString("tova"));
        PolicyDescription together = policyNamed("tova");
        together.granularity = "layer";
        c.memory = {128};
        QCOMPARE(resolve(c, smallShape(), together, 1000)->granularity, QString("layer"));
        c.granularity = "head";
        QCOMPARE(resolve(c, smallShape(), together, 1000)->granularity, QString("head"));
        // Beside a preset the single option wins, wherever it stands.
        const auto mixed = configurationFromJson({{"policy", "lfa"}, {"preset", "h2o"}});
        QCOMPARE(mixed->policy, QString("lfa"));
    }

    void tooSmallNamesEachTerm() {
        Configuration c = sized(100, 64);
        c.sinks = 4;
        c.recent = 30;
        c.pins = {{0, 5}, {3, 6}}; // 4, 5 and 6 are not sinks already
        QVERIFY2(answer(c, 1000).contains("4 + 3 + 30 + 64 = 101, more than M = 100"),
                 qPrintable(answer(c, 1000)));
        c.recent = 29;
        QCOMPARE(answer(c, 1000), QString());
        c.recent = 30;
        QCOMPARE(answer(c, 100), QString()); // holds the whole input
        c.memory = {512, 100, 512};
        QVERIFY(answer(c, 1000).contains("layer 1"));
        c.memory = {512, 100};
        QVERIFY(answer(c, 1000).contains("3 layers"));
    }

    void defaultsOfThePolicy() {
        const auto h2o =
            resolve(sized(256, 64, "h2o"), smallShape(), policyNamed("h2o", "(M-C)/2"), 1000);
        QCOMPARE(h2o->recent, 96);
        QCOMPARE(h2o->sinks, 4);
        const auto lfa =
            resolve(sized(256, 64, "lfa"), smallShape(), policyNamed("lfa", "C"), 1000);
        QCOMPARE(lfa->recent, 64);
        Configuration c = sized(256, 64, "lfa");
        c.pure = true;
        const auto pure = resolve(c, smallShape(), policyNamed("lfa", "C"), 1000);
        QCOMPARE(pure->recent + pure->sinks, 0);
        QVERIFY(pure->notices.join("").contains("r = 0"));
        c.memory.clear();
        const auto full = resolve(c, smallShape(), policyNamed("lfa", "C"), 1000);
        QCOMPARE(full->memory, (std::vector<int>{1000, 1000, 1000}));
        QCOMPARE(full->mode, QString("causal"));
    }

    void positions() {
        Configuration c = sized(2000, 64);
        c.positions = "relative";
        QVERIFY(answer(c, 3000).contains("2,000 + 64 = 2,064"));
        c.memory = {1984};
        QCOMPARE(answer(c, 3000), QString());
        c.positions = "absolute";
        QCOMPARE(answer(c, 2048), QString());
        const QString notice = answer(c, 2049);
        QVERIFY(notice.contains("P = 2,048"));
        QCOMPARE(notice.count('\n'), 0); // warned of once
        NetworkShape learned = smallShape();
        learned.positions = "learned";
        QVERIFY(answer(c, 2049, learned).contains("learned"));
        QCOMPARE(answer(c, 2048, learned), QString());
        c.positions = "relative";
        QVERIFY(answer(c, 100, learned).contains("learned"));
    }

    // What the architecture decides.
    void encoderDecoders() {
        Configuration c = sized(128, 32);
        c.mode = "encoder-decoder";
        QVERIFY(answer(c, 1000).contains("--mode causal or prefix"));
        c.mode.clear();
        c.outputMemory = 64;
        QVERIFY(answer(c, 1000).contains("--output-memory has the value 64"));
        c.outputMemory.reset();
        c.outputPolicy = "fifo";
        QVERIFY(answer(c, 1000).contains("--output-policy has the value \"fifo\""));

        NetworkShape t5 = smallShape();
        t5.defaultMode = "encoder-decoder";
        t5.positions = "relative-bias";
        t5.bidirectional = true;
        c = sized(128, 32);
        c.mode = "causal";
        QVERIFY(answer(c, 1000, t5).contains("--mode encoder-decoder"));
        c.mode.clear();
        QVERIFY(answer(c, 1000, t5).contains("unlimited"));
        c.outputMemory = 35; // s + C = 4 + 32
        QVERIFY(answer(c, 1000, t5).contains("4 + 0 + 0 + 32 = 36, more than E = 35"));
        c.outputMemory = 36;
        QCOMPARE(answer(c, 1000, t5), QString());
        c.outputPolicy = "fifo";
        auto resolved = resolve(c, t5, policyNamed("lra"), 1000, policyNamed("fifo"));
        QVERIFY(resolved.ok());
        QCOMPARE(resolved->outputMemory, 36);
        QCOMPARE(resolved->outputPolicy, QString("fifo"));
        QCOMPARE(resolved->outputSinks, 4);
        QVERIFY(setOption(c, "output-memory", "unlimited").ok());
        QVERIFY(!c.outputMemory);
        const auto json = configurationFromJson({{"output-memory", "unlimited"}}, sized(128, 32));
        QVERIFY(json.ok() && !json->outputMemory);
        QVERIFY(!setOption(c, "output-memory", "endless").ok());
        QVERIFY(!setOption(c, "sinks", "unlimited").ok());
        resolved = resolve(c, t5, policyNamed("lra"), 1000, policyNamed("fifo"));
        QVERIFY(resolved.ok());
        QCOMPARE(resolved->outputMemory, 1000);
        QVERIFY(resolved->notices.join(' ').contains("--output-policy fifo has no effect"));
    }

    // The size is told before a run begins: T tokens of L layers, G keys and values, H queries.
    void theArchiveTellsItsSize() {
        Configuration c;
        const NetworkShape shape = smallShape();
        const auto notices = [&](const QString& kept) {
            c.archive = kept;
            const auto resolved = resolve(c, shape, policyNamed(c.policy), 1000);
            return resolved ? resolved->notices.join(' ') : resolved.error().sentence;
        };
        QVERIFY(!notices({}).contains("archive"));
        const auto resolved = resolve(c, shape, policyNamed(c.policy), 1000);
        QCOMPARE(archiveBytes(*resolved, shape, 1000), qint64(0));
        QVERIFY(notices("keys").contains("archive of keys adds up to"));
        QVERIFY(notices("all").contains("keys, values and queries"));
        c.archiveLimit = 5;
        QVERIFY(notices({}).contains("--archive-limit has no effect"));
        QVERIFY(!notices("keys").contains("no effect"));
        ResolvedConfiguration all = *resolved;
        all.asked.archive = "all";
        QCOMPARE(archiveBytes(all, shape, 1000), qint64(1000) * shape.layers *
                                                     (2 * shape.heads + shape.queryHeads) *
                                                     shape.headDimension * 4);
    }

    void anArchiveWithoutRoomIsRefused() {
        ResolvedConfiguration r;
        r.memory = {64, 64, 64};
        r.asked.archive = "all";
        QTemporaryDir folder;
        const QString trace = folder.filePath("run.trace");
        QVERIFY(checkArchiveRoom(trace, r, smallShape(), 10).ok());
        const auto refused = checkArchiveRoom(trace, r, smallShape(), qint64(1) << 40);
        QVERIFY(!refused.ok());
        QVERIFY(refused.error().sentence.contains("--archive-limit"));
        r.asked.archiveLimit = 0; // what the disk has no room for is refused all the same
        const auto full = checkArchiveRoom(trace, r, smallShape(), qint64(1) << 40);
        QVERIFY(!full.ok());
        QVERIFY(full.error().sentence.contains("are free there"));
        // The limit itself: kept, and as much again at hand while the run evicts.
        r.asked.archiveLimit = 1e-3;
        const qint64 fits = qint64(1e6) / (2 * archiveBytes(r, smallShape(), 1));
        QVERIFY(checkArchiveRoom(trace, r, smallShape(), fits).ok());
        QVERIFY(!checkArchiveRoom(trace, r, smallShape(), 2 * fits + 2).ok());
        r.asked.archiveLimit = 1e-7;
        QVERIFY(checkArchiveRoom(trace, r, smallShape(), fits)
                    .error()
                    .sentence.contains("more than the 100 bytes of --archive-limit"));
        r.asked.archive.clear();
        QVERIFY(checkArchiveRoom(trace, r, smallShape(), qint64(1) << 40).ok());
    }

    // Every option with a default says it.
    void definitionsNameTheirDefaults() {
        const QStringList without = {"preset",     "pin",    "change",     "pure",
                                     "expression", "future", "lfa-per-age"};
        for (const OptionDefinition& option : offeredOptions())
            QVERIFY2(without.contains(option.name) || option.definition.contains("By default"),
                     qPrintable(option.name));
        QVERIFY(offeredOption("memory")->definition.endsWith("By default 512."));
        QVERIFY(offeredOption("policy")->definition.endsWith("By default lra."));
    }

    // What help and dialog show is what resolve() takes: the list and the refusals agree.
    void whatIsOfferedIsComputed() {
        for (const OptionDefinition& option : optionDefinitions())
            for (const QString& choice : option.choices) {
                Configuration c = sized(128, 32);
                const auto set = setOption(c, option.name, choice);
                const auto resolved = set ? resolve(c, smallShape(), policyNamed(c.policy), 1000)
                                          : Result<ResolvedConfiguration>(set.error());
                const bool computed =
                    resolved.ok() || !resolved.error().sentence.contains("does not offer");
                const OptionDefinition* offered = offeredOption(option.name);
                const bool shown = offered && offered->choices.contains(choice);
                const bool nothingToChoose = computed && !offered;
                QVERIFY2(computed == shown || nothingToChoose,
                         qPrintable(option.name + ' ' + choice));
            }
    }

    void theTopEntries() {
        Configuration c = sized(128, 32);
        const auto resolved = [&] { return resolve(c, smallShape(), policyNamed(c.policy), 1000); };
        c.hit = "top-k";
        QVERIFY(!resolved().ok());
        QVERIFY(resolved().error().sentence.contains("--top-k"));
        c.topK = 8;
        QVERIFY(resolved().ok());
        c.topK = -1;
        QVERIFY(!resolved().ok());
    }

    void waiting() {
        Configuration c = sized(128, 32);
        const auto resolved = [&] { return resolve(c, smallShape(), policyNamed(c.policy), 1000); };
        c.queryMemory = {16};
        QVERIFY(!resolved().ok());
        QVERIFY(resolved().error().sentence.contains("waiting query would see nothing more"));
        c.mode = "prefix";
        QCOMPARE(resolved().value().notices.size(), 1);
        QVERIFY(resolved().value().notices[0].contains("not trained"));
        c.queryMemory = {97};
        QVERIFY(resolved().value().notices.last().contains("N + C = 129 is more than M = 128"));
        c.queryMemory = {128};
        QVERIFY(resolved().value().notices.last().contains("begins as FIFO"));
        c.memory = {128, 256, 200};
        c.queryMemory = {100, 250, 260};
        const QStringList worst = resolved().value().notices;
        QVERIFY2(
            worst[1].contains("N + C = 292 is more than M = 200 in layer 2, the worst of 3 such"),
            qPrintable(worst.join('\n')));
        QVERIFY(worst[2].contains("N = 260 is not less than M = 200 in layer 2:"));
        c.memory = {128};
        c.queryMemory = {-1};
        QVERIFY(!resolved().ok());
    }

    // Counted by hand: chunks of 4, 4 and 2 tokens leave 3 queries waiting in each of two layers;
    // layer 0's round pushes three out of layer 1, whose last three take one more.
    void flushRoundsAreSteps() {
        ResolvedConfiguration resolved;
        resolved.asked.chunk = 4;
        resolved.queryMemory = {3, 3};
        QCOMPARE(stepCount(resolved, 10), 5);
        resolved.queryMemory = {0, 0};
        QCOMPARE(stepCount(resolved, 10), 3);
        resolved.queryMemory = {100, 0};
        QCOMPARE(stepCount(resolved, 10), 6);
    }

    void notices() {
        Configuration c = sized(64, 64);
        c.pure = true;
        QVERIFY(answer(c, 1000).startsWith("C = M = 64"));
        c = sized(128, 64, "fifo");
        c.sinks = 0;
        QVERIFY(answer(c, 1000).contains("sinks"));
        c.pins = {{5000, 5001}};
        QVERIFY(answer(c, 1000).contains("999"));
        QVERIFY(answer(sized(128, 64), 0).contains("no tokens"));
    }

    void policyDescriptionSurvivesJson() {
        PolicyDescription policy = policyNamed("h2o", "(M-C)/2");
        policy.columns = {"mass", "hits"};
        policy.evictSentence = "its mass was %1, the first survivor's %2";
        QCOMPARE(toJson(policyFromJson(toJson(policy))), toJson(policy));
    }
};

QTEST_APPLESS_MAIN(TestConfiguration)
#include "test_configuration.moc"
