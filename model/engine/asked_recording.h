#pragma once

#include "model/engine/recording.h"

namespace attendre {

// Records the reading of a document and, as a run of its own, the answer to a question about it,
// asked when the document's last token was read. request: without what the prompt says. Errors:
// those of Recording; cancelled, with what was recorded closed as far as it goes.
Result<AnswerSoFar> recordAsked(RecordingRequest request, const AskRequest& asked,
                                const Prompt& prompt, OpenModel& model,
                                const TokenizedDocument& document, const Stage& stage,
                                const Cancel& cancel);

} // namespace attendre
