#pragma once

#include <QString>

#include <optional>
#include <utility>
#include <variant>

namespace attendre {

// What went wrong, as one sentence for a person: it names the file, the value and the remedy.
struct Error {
    QString sentence;
    // 1: the work failed; 2: the request was wrong (CLI.md's exit codes).
    int exitCode = 1;
};

// A value or an Error. Errors travel as values inside the program and become one message at its
// edge (standard error, the console view).
template <class T> class [[nodiscard]] Result {
  public:
    Result(T value) : m_content(std::move(value)) {}
    Result(Error error) : m_content(std::move(error)) {}

    bool ok() const { return m_content.index() == 0; }
    explicit operator bool() const { return ok(); }

    T& value() { return std::get<0>(m_content); }
    const T& value() const { return std::get<0>(m_content); }
    T take() { return std::move(std::get<0>(m_content)); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }
    T& operator*() { return value(); }
    const T& operator*() const { return value(); }

    const Error& error() const { return std::get<1>(m_content); }

  private:
    std::variant<T, Error> m_content;
};

template <> class [[nodiscard]] Result<void> {
  public:
    Result() = default;
    Result(Error error) : m_error(std::move(error)) {}

    bool ok() const { return !m_error; }
    explicit operator bool() const { return ok(); }
    const Error& error() const { return *m_error; }

  private:
    std::optional<Error> m_error;
};

} // namespace attendre
