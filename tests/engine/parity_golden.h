#pragma once

#include <QStringList>

#include <vector>

namespace attendre::slow {

// What transformers computed with one of the tiny models (scripts/reference/tiny_models.py).
struct ParityGolden {
    QString model; // a path
    std::vector<int> ids;
    std::vector<double> nll; // [T - 1], of true double precision
    // The likeliest tokens after all ids, read as a prefix that is attended both ways, with their
    // log-probabilities.
    std::vector<std::pair<int, double>> afterPrefix;
};

// The golden files' names.
QStringList parityFiles();
ParityGolden parityGolden(const QString& file);

// The largest relative error; infinite where a value is missing or not a number.
double worstError(const std::vector<double>& nll, const std::vector<double>& reference);

} // namespace attendre::slow
