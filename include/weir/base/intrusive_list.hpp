#pragma once

#include <cstddef>

namespace weir {

// The links of an element of intrusive_list; a type inherits one for each list it may be in at a
// time, told apart by Tag. Unlinks itself when destroyed. Not thread-safe.
template <class Tag = void>
class list_hook {
 public:
  list_hook() noexcept = default;
  ~list_hook() { unlink(); }
  list_hook(const list_hook&) = delete;
  list_hook& operator=(const list_hook&) = delete;

  bool linked() const noexcept { return next_ != nullptr; }

  // Takes the element out of whatever list holds it; nothing if none does.
  void unlink() noexcept {
    if (!next_) return;
    next_->previous_ = previous_;
    previous_->next_ = next_;
    next_ = previous_ = nullptr;
  }

 private:
  template <class, class>
  friend class intrusive_list;

  void link_before(list_hook& at) noexcept {
    next_ = &at;
    previous_ = at.previous_;
    previous_->next_ = this;
    at.previous_ = this;
  }

  list_hook* next_ = nullptr;
  list_hook* previous_ = nullptr;
};

// A doubly linked list whose elements carry their own links: no allocation, removal in constant
// time without a search. The elements are owned elsewhere; the list may be destroyed before them.
// Not thread-safe.
template <class T, class Tag = void>
class intrusive_list {
  using hook = list_hook<Tag>;

 public:
  // Forward, over the elements. Good until its element is removed.
  class iterator {
   public:
    explicit iterator(hook* at) noexcept : at_(at) {}
    T& operator*() const noexcept { return static_cast<T&>(*at_); }
    T* operator->() const noexcept { return &**this; }
    iterator& operator++() noexcept {
      at_ = at_->next_;
      return *this;
    }
    friend bool operator==(iterator, iterator) noexcept = default;

   private:
    hook* at_;
  };

  intrusive_list() noexcept { head_.next_ = head_.previous_ = &head_; }
  ~intrusive_list() { clear(); }
  intrusive_list(const intrusive_list&) = delete;
  intrusive_list& operator=(const intrusive_list&) = delete;

  bool empty() const noexcept { return head_.next_ == &head_; }
  T& front() noexcept { return static_cast<T&>(*head_.next_); }
  T& back() noexcept { return static_cast<T&>(*head_.previous_); }

  // The element must be in no list of this tag.
  void push_back(T& element) noexcept { static_cast<hook&>(element).link_before(head_); }
  void push_front(T& element) noexcept { static_cast<hook&>(element).link_before(*head_.next_); }

  T* pop_front() noexcept {
    if (empty()) return nullptr;
    T& first = front();
    static_cast<hook&>(first).unlink();
    return &first;
  }

  // Puts all of `other` at the end, in order, in constant time.
  void splice_back(intrusive_list& other) noexcept {
    if (other.empty()) return;
    hook* const first = other.head_.next_;
    hook* const last = other.head_.previous_;
    other.head_.next_ = other.head_.previous_ = &other.head_;
    first->previous_ = head_.previous_;
    head_.previous_->next_ = first;
    last->next_ = &head_;
    head_.previous_ = last;
  }

  void clear() noexcept {
    while (pop_front()) {
    }
  }

  iterator begin() noexcept { return iterator(head_.next_); }
  iterator end() noexcept { return iterator(&head_); }

 private:
  hook head_;
};

}  // namespace weir
