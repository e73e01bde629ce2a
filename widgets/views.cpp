#include "widgets/view.h"

#include "widgets/ask_view.h"
#include "widgets/attention_view.h"
#include "widgets/breakpoints_view.h"
#include "widgets/compare_view.h"
#include "widgets/console_view.h"
#include "widgets/document_view.h"
#include "widgets/entry_history_view.h"
#include "widgets/lifetimes_view.h"
#include "widgets/memory_view.h"
#include "widgets/metrics_view.h"
#include "widgets/notes_view.h"
#include "widgets/one_step_view.h"
#include "widgets/overview_view.h"
#include "widgets/query_memory_view.h"
#include "widgets/query_view.h"
#include "widgets/timeline_view.h"
#include "widgets/what_if_view.h"
#include "widgets/why_evicted_view.h"

#include <QCoreApplication>

namespace attendre {

namespace {

template <class V> View* make(const ViewContext& context, QWidget* parent) {
    return new V(context, parent);
}

QString tr(const char* text) {
    return QCoreApplication::translate("views", text);
}

} // namespace

const std::vector<ViewDefinition>& viewDefinitions() {
    static const std::vector<ViewDefinition> definitions = {
        {"document", tr("Document"),
         tr("The text, token by token: what the memory holds and what it lost."), "left",
         make<DocumentView>},
        {"one-step", tr("One step"),
         tr("A walk through one step of one layer, phase by phase, with its numbers."), "left",
         make<OneStepView>},
        {"kv-memory", tr("K/V memory"), tr("Every slot of one layer and head."), "centre",
         make<MemoryView>},
        {"attention", tr("Attention"), tr("Who asks and what is read, the top 8 of each query."),
         "centre", make<AttentionView>},
        {"why-evicted", tr("Why evicted?"),
         tr("The ranking, the cut, and what would have saved the entry."), "right",
         make<WhyEvictedView>},
        {"entry-history", tr("Entry history"), tr("Everything that happened to one entry."),
         "right", make<EntryHistoryView>},
        {"query-memory", tr("Q memory"),
         tr("The queries that wait, since when, and what they would see if answered now."), "row",
         make<QueryMemoryView>, hasQueryMemory},
        {"overview", tr("Overview"), tr("Every layer and head at once, by one metric."), "below",
         make<OverviewView>},
        {"timeline", tr("Timeline"), tr("The whole run, step by step."), "bottom",
         make<TimelineView>},
        {"lifetimes", tr("Lifetimes"),
         tr("When each token came, how long it stayed and when it left."), "bottom",
         make<LifetimesView>},
        {"metrics", tr("Metrics"), tr("Loss per token, the next token, occupancy, ages and times."),
         "bottom", make<MetricsView>},
        {"what-if", tr("What if"),
         tr("What another policy or size would keep: a replay under a slider."), "bottom",
         make<WhatIfView>, hasWhatIf},
        {"compare", tr("Compare"),
         tr("Two runs stepped together: where they part, and what that cost."), "bottom",
         make<CompareView>},
        {"ask", tr("Ask"),
         tr("A question to the memory as it stands, and the answers that the trace holds."),
         "bottom", make<AskView>},
        {"breakpoints", tr("Breakpoints"),
         tr("Conditions over evictions and metrics, and where they hold."), "bottom",
         make<BreakpointsView>},
        {"notes", tr("Notes"), tr("Bookmarks, and what you noted there."), "bottom",
         make<NotesView>},
        {"query", tr("Query"),
         tr("SQL over the trace's tables: rows lead to their point, steps go to the Timeline."),
         "bottom", make<QueryView>},
        {"console", tr("Console & problems"), tr("What the engine says, and errors in sentences."),
         "bottom", make<ConsoleView>},
    };
    return definitions;
}

} // namespace attendre
