#include "widgets/questions.h"

namespace attendre {

void Questions::setUnderWay(bool underWay) {
    m_underWay = underWay;
    emit changed();
}

} // namespace attendre
