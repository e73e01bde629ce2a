#pragma once

#include "model/evaluation/evaluation_results.h"

#include <QWidget>

#include <map>
#include <vector>

class QComboBox;
class QHBoxLayout;
class QLabel;

namespace attendre {

// A choice for each setting that varies, and for sets and ways where there are several: table and
// plot show what all of them let through.
class ResultFilters : public QWidget {
    Q_OBJECT
  public:
    explicit ResultFilters(QWidget* parent = nullptr);

    // Keeps what was chosen as far as it is still there.
    void setResults(const EvaluationResults& results);
    // By row. Other ways of reading pass every setting's choice.
    std::vector<bool> shown(const EvaluationResults& results) const;
    QComboBox* box(const QString& name) const; // nullptr: it does not vary
    QStringList names() const;

  signals:
    void changed();

  private:
    struct Filter {
        QString name;
        QLabel* label;
        QComboBox* box;
    };
    void addFilter(const QString& name, const QStringList& values, const QString& chosen);

    QHBoxLayout* m_row;
    std::vector<Filter> m_filters;
};

} // namespace attendre
