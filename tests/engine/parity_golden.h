#pragma once

#include <QStringList>

#include <vector>

namespace attendre::slow {

// What transformers computed with one of the tiny models (scripts/reference/tiny_models.py).
struct ParityGolden {
    QString model; // a path
    std::vector<int> ids;
    std::vector<double> nll; // [T - 1], of true double precision
};

// The golden files' names.
QStringList parityFiles();
ParityGolden parityGolden(const QString& file);

// The largest relative error; infinite where a value is missing or not a number.
double worstError(const std::vector<double>& nll, const std::vector<double>& reference);

} // namespace attendre::slow
