#pragma once

#include "widgets/breakpoint_words.h"
#include "widgets/view.h"

class QLineEdit;
class QListWidget;
class QPlainTextEdit;
class QPushButton;

namespace attendre {

// Bookmarks and what a person noted there; a click goes back to the place.
class NotesView : public View {
    Q_OBJECT
  public:
    explicit NotesView(const ViewContext& context, QWidget* parent = nullptr);

    bool isBlank() const override { return false; }

  protected:
    void pointMoved(const Point& now, const Point& before) override;
    void traceOpened() override { showBookmarks(); }
    void traceClosed() override { showBookmarks(); }
    void keyPressEvent(QKeyEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    void makeParts();
    void showBookmarks();
    void showChosen();
    void readTexts();
    void keepText();
    void removeChosen();
    void go(int row);
    int chosen() const;
    QString wordsOf(int row) const;

    QListWidget* m_list;
    QLineEdit* m_name;
    QPlainTextEdit* m_note;
    QPushButton *m_add, *m_delete;
    TokenTexts m_texts;
    bool m_filling = false;
};

// The name that a new bookmark has: "step 9 · layer 14, head 1 · “greater”".
QString placeName(const Point& point, const TokenTexts& texts);

// A bookmark at the point, the newest last; the same place is not marked twice. Its index.
int addBookmark(Notebook& notebook, const Point& point);

} // namespace attendre
