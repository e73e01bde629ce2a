#pragma once

#include "model/trace/configuration.h"
#include "model/trace/result.h"

#include <CLI/CLI.hpp>

#include <map>
#include <memory>
#include <string>

namespace attendre {

// The pipeline's options on a command: their names and definitions come from optionDefinitions().
class PipelineOptions {
  public:
    // Adds every option and --config FILE.json to the command.
    // Those of leftOut mean nothing to the command: understood, so that it can say so, not shown.
    void addTo(CLI::App& command, const QStringList& leftOut = {});
    // Over base --config, then --preset, then what was typed. Errors name the file or the option.
    Result<Configuration> configuration(Configuration base = Configuration()) const;
    bool isTyped(const QString& option) const;
    QString firstTyped() const; // "--memory"; empty where no option was typed

  private:
    std::map<std::string, std::vector<std::string>> m_typed; // option -> values, in order
    std::map<std::string, bool> m_flags;
    std::string m_configFile;
};

// Lets an option take whole numbers from least on, and refuses all else in a sentence.
void takesWhole(CLI::Option* option, int least);

QString fromArgument(const std::string& argument);

// What a command does once the command line is parsed; returns the exit code.
using Action = std::function<int()>;

void addInfo(CLI::App& program, Action& action);
void addTokenize(CLI::App& program, Action& action);
void addAsk(CLI::App& program, Action& action);
void addEval(CLI::App& program, Action& action);
void addSweep(CLI::App& program, Action& action);
void addScore(CLI::App& program, Action& action);
void addRecord(CLI::App& program, Action& action);
void addLosses(CLI::App& parent, Action& action);  // of `attendre trace`
void addQuery(CLI::App& parent, Action& action);   // of `attendre trace`
void addCompare(CLI::App& parent, Action& action); // likewise
void addReplay(CLI::App& program, Action& action);
void addTrace(CLI::App& program, Action& action);
void addServe(CLI::App& program, Action& action);
void addCompletion(CLI::App& program, Action& action);

} // namespace attendre
