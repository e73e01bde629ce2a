#include "widgets/change_menu.h"

#include "model/trace/intervention.h"
#include "widgets/run_wishes.h"

#include <QCoreApplication>
#include <QMenu>

namespace attendre {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("ChangeMenu", text);
}

} // namespace

std::vector<OfferedChange> offeredChanges(const EvictionReason& reason, bool perLayer,
                                          const std::function<QString(std::int32_t)>& name) {
    std::vector<OfferedChange> offered;
    const EvictionRanking& ranking = reason.ranking;
    const auto change = [&](bool keep, std::int32_t position, bool onwards) {
        Intervention i;
        i.keep = keep;
        i.firstPosition = i.lastPosition = position;
        i.firstStep = reason.step;
        i.lastStep = onwards ? Intervention::toTheEnd : reason.step;
        i.layer = reason.asked.layer;
        i.head = perLayer ? -1 : reason.asked.head;
        return i;
    };
    const QString step = QString::number(reason.step);
    const int place = ranking.placeOf(reason.left);
    if (place >= 0 && place < ranking.victims) {
        const QString victim = name(reason.left);
        offered.push_back({tr("&Keep %1 from step %2 on…").arg(victim, step),
                           interventionText(change(true, reason.left, true))});
        offered.push_back({tr("Keep %1 in step %2 &alone…").arg(victim, step),
                           interventionText(change(true, reason.left, false))});
        if (const Candidate* survivor = ranking.firstSurvivor())
            offered.push_back(
                {tr("&Swap: keep %1, let %2 go in step %3…")
                     .arg(victim, name(survivor->position), step),
                 interventionText(std::vector{change(true, reason.left, false),
                                              change(false, survivor->position, false)})});
    }
    const int own = ranking.placeOf(reason.entry);
    const bool shielded = ranking.protectionOf(reason.entry) != ProtectedBy::None;
    if (own >= ranking.victims || shielded)
        offered.push_back(
            {(ranking.victims > 0 ? tr("&Drop %1 in step %2…") : tr("&Drop %1 from step %2 on…"))
                 .arg(name(reason.entry), step),
             interventionText(change(false, reason.entry, ranking.victims == 0))});
    return offered;
}

void fillChangeMenu(QMenu& menu, const std::vector<OfferedChange>& offered, RunWishes* wishes) {
    menu.clear();
    for (const OfferedChange& one : offered) {
        QAction* action = menu.addAction(one.words, wishes,
                                         [wishes, one] { emit wishes->changeWanted(one.change); });
        action->setToolTip(tr("A new run beside this one, with --change \"%1\"").arg(one.change));
    }
    menu.setToolTipsVisible(true);
    if (offered.empty())
        menu.addAction(tr("Nothing was decided here: select an entry in a step that evicts."))
            ->setEnabled(false);
}

} // namespace attendre
