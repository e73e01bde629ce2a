#include "tests/engine/marked_questions.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QElapsedTimer>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <thread>

using namespace attendre;
using namespace attendre::slow;

// The share of held-out questions that a model of scripts/train answers, for every combination of
// policy, M, C and N, with Wilson intervals, as JSON. Not a test.
//
//   retrieval_study MODEL QUESTIONS.jsonl [--policy fifo,lra] [--memory 64,96 | --survives 56,88]
//                   [--chunk 8] [--query-memory 0,8,16] [--questions 150] [--workers 2]
namespace {

struct Cell {
    Configuration configuration;
    std::vector<char> right; // [questions]
};

struct Study {
    QString model, questions;
    std::vector<Cell> cells;
    int first = 0; // questions of the file that are asked; 0 = all
    int workers = 2;
};

std::vector<int> numbers(const QString& list) {
    std::vector<int> result;
    for (const QString& word : list.split(',', Qt::SkipEmptyParts))
        result.push_back(word.toInt());
    return result;
}

// Where R is given, M follows the chunk.
std::vector<Cell> grid(const QCommandLineParser& words) {
    const bool survives = words.isSet("survives");
    std::vector<Cell> cells;
    for (const QString& policy : words.value("policy").split(','))
        for (int chunk : numbers(words.value("chunk")))
            for (int size : numbers(words.value(survives ? "survives" : "memory")))
                for (int waiting : numbers(words.value("query-memory"))) {
                    Configuration c;
                    c.policy = policy;
                    c.chunk = chunk;
                    c.memory = {survives ? size + chunk : size};
                    c.queryMemory = {waiting};
                    cells.push_back({c, {}});
                }
    return cells;
}

Study readStudy(const QCoreApplication& application) {
    QCommandLineParser words;
    words.addHelpOption();
    words.addPositionalArgument("MODEL", "a folder that scripts/train made");
    words.addPositionalArgument("QUESTIONS", "a file that scripts/train/held_out.py made");
    words.addOptions({{"policy", "Policies.", "names", "fifo"},
                      {"memory", "M.", "numbers", "256"},
                      {"survives", "R, in place of M: M = R + C.", "numbers"},
                      {"chunk", "C.", "numbers", "8"},
                      {"query-memory", "N.", "numbers", "0"},
                      {"questions", "The first so many; 0 = all.", "number", "0"},
                      {"workers", "Threads, with a network each.", "number", "2"}});
    words.process(application);
    if (words.positionalArguments().size() != 2)
        words.showHelp(2);
    return {words.positionalArguments()[0], words.positionalArguments()[1], grid(words),
            words.value("questions").toInt(), std::max(1, words.value("workers").toInt())};
}

// Answers the cells that no other worker has taken.
Result<void> work(attendre::Network& network, const std::vector<MarkedInput>& inputs, Study& study,
                  std::atomic<std::size_t>& nextCell) {
    for (std::size_t i = nextCell++; i < study.cells.size(); i = nextCell++) {
        Cell& cell = study.cells[i];
        for (std::size_t question = 0; question < inputs.size(); ++question) {
            cell.configuration.seed = question;
            auto right = answersRight(network, cell.configuration, inputs[question]);
            if (!right)
                return right.error();
            cell.right.push_back(*right);
        }
        std::fprintf(stderr, "%zu of %zu\n", i + 1, study.cells.size());
    }
    return {};
}

Result<void> answerAll(Study& study, const std::vector<MarkedInput>& inputs) {
    auto engine = loadEngine();
    if (!engine)
        return engine.error();
    std::atomic<std::size_t> nextCell = 0;
    std::mutex failing;
    Result<void> outcome;
    std::vector<std::thread> threads;
    for (int i = 0; i < study.workers; ++i) {
        auto files = ModelFiles::open(study.model);
        if (!files)
            return files.error();
        auto network = (*engine)->load(*files, "cpu", "f32", 1, {}, {});
        if (!network)
            return network.error();
        threads.emplace_back([&, network = *network] {
            if (auto worked = work(*network, inputs, study, nextCell); !worked) {
                nextCell = study.cells.size();
                const std::lock_guard lock(failing);
                outcome = worked;
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    return outcome;
}

QJsonObject toJson(const Cell& cell) {
    const int right = int(std::count(cell.right.begin(), cell.right.end(), 1));
    const Interval interval = wilson(right, int(cell.right.size()));
    QString each;
    for (char one : cell.right)
        each += one ? '1' : '0';
    const Configuration& c = cell.configuration;
    return {{"policy", c.policy},
            {"memory", c.memory.front()},
            {"chunk", c.chunk},
            {"survives", c.memory.front() - c.chunk},
            {"query_memory", c.queryMemory.front()},
            {"right", right},
            {"of", int(cell.right.size())},
            {"low", interval.low},
            {"high", interval.high},
            {"each", each}};
}

Result<QJsonObject> run(Study study) {
    QElapsedTimer timer;
    timer.start();
    auto questions = readMarkedQuestions(study.questions);
    if (!questions)
        return questions.error();
    if (study.first > 0 && std::size_t(study.first) < questions->size())
        questions->resize(study.first);
    auto tokenizer = Tokenizer::open(study.model);
    if (!tokenizer)
        return tokenizer.error();
    auto inputs = markedInputs(*questions, **tokenizer);
    if (!inputs)
        return inputs.error();
    if (inputs->empty() || study.cells.empty())
        return Error{"There is nothing to study: give questions, and a number for each option.", 2};
    // Where nothing is evicted one policy stands for all.
    const QString one = study.cells.front().configuration.policy;
    const int tokens = int(inputs->front().ids.size());
    std::erase_if(study.cells, [&](const Cell& cell) {
        return cell.configuration.memory.front() >= tokens && cell.configuration.policy != one;
    });
    if (auto answered = answerAll(study, *inputs); !answered)
        return answered.error();
    QJsonArray cells, back, waits;
    for (const Cell& cell : study.cells)
        cells.append(toJson(cell));
    for (const MarkedQuestion& question : *questions) {
        back.append(question.back);
        waits.append(question.waits);
    }
    return QJsonObject{
        {"model", study.model}, {"questions", study.questions},        {"back", back},
        {"waits", waits},       {"seconds", timer.elapsed() / 1000.0}, {"cells", cells}};
}

} // namespace

int main(int argc, char** argv) {
    const QCoreApplication application(argc, argv);
    auto result = run(readStudy(application));
    if (!result) {
        std::fprintf(stderr, "%s\n", qPrintable(result.error().sentence));
        return result.error().exitCode;
    }
    std::printf("%s\n", QJsonDocument(*result).toJson(QJsonDocument::Compact).constData());
    return 0;
}
