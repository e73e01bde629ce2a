#include "model/analysis/lifetime_grid.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace attendre {

namespace {

constexpr float nothing = -std::numeric_limits<float>::infinity();

// Sums over the rows of one column. An interval of steps costs the same however long it is: its
// ends are added where they lie, and between them a level begins and ends.
template <class T> class RowSums {
  public:
    explicit RowSums(std::size_t rows) : m_parts(rows), m_levels(rows + 1) {}

    // steps of the first and the last row; the rows between them are whole.
    void add(std::size_t first, std::size_t last, T firstSteps, T lastSteps, T weight) {
        m_parts[first] += firstSteps * weight;
        if (last == first)
            return;
        m_parts[last] += lastSteps * weight;
        m_levels[first + 1] += weight;
        m_levels[last] -= weight;
    }
    // height(row) is the number of its steps; every sum is handed over once and forgotten.
    template <class Height, class Take> void drain(Height height, Take take) {
        T level = 0;
        for (std::size_t row = 0; row < m_parts.size(); ++row) {
            level += m_levels[row];
            take(row, m_parts[row] + level * T(height(row)));
            m_parts[row] = m_levels[row] = 0;
        }
        m_levels.back() = 0;
    }

  private:
    std::vector<T> m_parts, m_levels;
};

// The greatest value over each row: an interval is written as two overlapping powers of two, which
// are handed down at the end.
class RowGreatest {
  public:
    explicit RowGreatest(std::size_t rows)
        : m_rows(rows),
          m_levels(std::size_t(std::bit_width(rows)), std::vector<float>(rows, nothing)) {}

    void add(std::size_t first, std::size_t last, float value) {
        const auto level = std::size_t(std::bit_width(last - first + 1)) - 1;
        std::vector<float>& at = m_levels[level];
        m_used = std::max(m_used, level + 1);
        raise(at[first], value);
        raise(at[last + 1 - (std::size_t(1) << level)], value);
    }
    template <class Take> void drain(Take take) {
        for (std::size_t level = m_used; level-- > 1;) {
            const std::size_t half = std::size_t(1) << (level - 1);
            for (std::size_t row = 0; row + 2 * half <= m_rows; ++row) {
                raise(m_levels[level - 1][row], m_levels[level][row]);
                raise(m_levels[level - 1][row + half], m_levels[level][row]);
                m_levels[level][row] = nothing;
            }
        }
        for (std::size_t row = 0; row < m_rows; ++row) {
            take(row, m_levels[0][row]);
            m_levels[0][row] = nothing;
        }
        m_used = 0;
    }

  private:
    static void raise(float& place, float value) { place = std::max(place, value); }

    std::size_t m_rows, m_used = 0;
    std::vector<std::vector<float>> m_levels;
};

class Reduction {
  public:
    Reduction(const LifeSelection& selection, LifeColumn column, LifeGrid& grid)
        : m_selection(selection), m_column(column), m_grid(grid),
          m_resident(std::size_t(grid.rows)), m_chosen(std::size_t(grid.rows)),
          m_stays(std::size_t(grid.rows)), m_known(std::size_t(grid.rows)),
          m_sum(std::size_t(grid.rows)), m_greatest(std::size_t(grid.rows)) {
        const LifeWindow& window = grid.window;
        for (int row = 0; row <= grid.rows; ++row)
            m_begins.push_back(window.firstStep + int(partBegin(window.steps(), grid.rows, row)));
        for (int row = 0; row < grid.rows; ++row)
            m_rowOf.insert(m_rowOf.end(), std::size_t(height(std::size_t(row))), row);
    }

    void fill(int column) {
        const LifeWindow part = m_grid.windowOf(column, 0);
        for (std::size_t head = 0; head < m_selection.heads.size(); ++head) {
            const Lifetimes& lives = *m_selection.heads[head];
            const auto end = std::min(std::size_t(part.endPosition), lives.size());
            for (auto i = std::size_t(part.firstPosition); i < end; ++i)
                add(lives, i, m_selection.isChosen(head, i));
        }
        write(column);
    }

  private:
    int height(std::size_t row) const { return m_begins[row + 1] - m_begins[row]; }

    void add(const Lifetimes& lives, std::size_t i, bool chosen) {
        const int from = std::max(lives.inserted[i], m_grid.window.firstStep);
        const int until = std::min(lives.until(i), m_grid.window.endStep);
        if (!lives.came(i) || until <= from)
            return;
        const auto first = std::size_t(m_rowOf[std::size_t(from - m_grid.window.firstStep)]);
        const auto last = std::size_t(m_rowOf[std::size_t(until - 1 - m_grid.window.firstStep)]);
        const int begun = std::min(until, m_begins[first + 1]) - from;
        const int ended = until - m_begins[last];
        m_resident.add(first, last, begun, ended, 1);
        if (!chosen)
            return;
        m_chosen.add(first, last, begun, ended, 1);
        if (lives.evicted[i] < 0)
            m_stays.add(first, last, begun, ended, 1);
        const double value = lifeValue(lives, m_column, i);
        if (!std::isfinite(value))
            return;
        m_known.add(first, last, begun, ended, 1);
        m_sum.add(first, last, begun, ended, value);
        m_greatest.add(first, last, float(value));
    }

    void write(int column) {
        const auto cell = [&](std::size_t row) -> LifeCell& {
            return m_grid.cells[row * std::size_t(m_grid.columns) + std::size_t(column)];
        };
        const auto tall = [this](std::size_t row) { return height(row); };
        m_resident.drain(
            tall, [&](std::size_t row, std::int64_t n) { cell(row).resident = std::uint32_t(n); });
        m_chosen.drain(
            tall, [&](std::size_t row, std::int64_t n) { cell(row).chosen = std::uint32_t(n); });
        m_stays.drain(tall,
                      [&](std::size_t row, std::int64_t n) { cell(row).stays = std::uint32_t(n); });
        m_known.drain(tall,
                      [&](std::size_t row, std::int64_t n) { cell(row).known = std::uint32_t(n); });
        m_sum.drain(tall, [&](std::size_t row, double sum) {
            if (cell(row).known > 0)
                cell(row).mean = float(sum / cell(row).known);
        });
        m_greatest.drain([&](std::size_t row, float value) {
            if (cell(row).known > 0)
                cell(row).greatest = value;
        });
    }

    const LifeSelection& m_selection;
    LifeColumn m_column;
    LifeGrid& m_grid;
    std::vector<int> m_begins; // of the rows, and the end of the last
    std::vector<int> m_rowOf;  // of each step of the window
    RowSums<std::int64_t> m_resident, m_chosen, m_stays, m_known;
    RowSums<double> m_sum;
    RowGreatest m_greatest;
};

} // namespace

LifeWindow LifeGrid::windowOf(int column, int row) const {
    const auto position = [this](int k) {
        return window.firstPosition + std::int32_t(partBegin(window.positions(), columns, k));
    };
    const auto step = [this](int k) {
        return window.firstStep + int(partBegin(window.steps(), rows, k));
    };
    return {position(column), position(column + 1), step(row), step(row + 1)};
}

std::int64_t LifeGrid::room(int column, int row) const {
    const LifeWindow cell = windowOf(column, row);
    return std::int64_t(cell.positions()) * cell.steps() * heads;
}

std::optional<LifeGrid> reduceLifetimes(const LifeSelection& selection, LifeColumn column,
                                        const LifeWindow& window, int columns, int rows,
                                        const Cancel& cancel) {
    LifeGrid grid;
    grid.window = window;
    grid.columns = std::clamp(columns, 0, std::max(0, window.positions()));
    grid.rows = std::clamp(rows, 0, std::max(0, window.steps()));
    grid.heads = std::max(1, int(selection.heads.size()));
    grid.cells.resize(std::size_t(grid.columns) * std::size_t(grid.rows));
    if (grid.cells.empty())
        return grid;
    Reduction reduction(selection, column, grid);
    for (int k = 0; k < grid.columns; ++k) {
        if (k % 64 == 0 && cancel.requested())
            return {};
        reduction.fill(k);
    }
    return grid;
}

} // namespace attendre
