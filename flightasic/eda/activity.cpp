// Reads a value change dump (IEEE 1364) from a file or pipe and counts, per window and net, transitions and time at 1.
//
//   activity DUMP RESULT WINDOWS MARK WINDOW SAMPLED...
//
// MARK is a signal that changes at the start of every clock cycle; at the same time WINDOW takes the window (0..WINDOWS-1) that
// the cycle just *ended* belongs to, any other value for none. So changes wait until their cycle's window is known. Of the
// signals named SAMPLED, the cycles that end with a 1 are counted too.
//
// RESULT: text lines "net NAME" in the order of the columns, "sampled NAME" for each bit, then a line "data" and int64 arrays:
// cycles[W], window_ps[W], unknown_ps[W], toggles[W][N], high_ps[W][N], ones[W][S], net_unknown_ps[N].
// Standard output: a line with the number of cycles in windows so far, now and then.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

using std::string;
using std::vector;

namespace {

constexpr int64_t REPORT_EVERY = 20;
enum : uint8_t { LOW, HIGH, UNKNOWN };

[[noreturn]] void fail(const string& why) {
  std::fprintf(stderr, "activity: %s\n", why.c_str());
  std::exit(1);
}

struct Signal {
  int first = -1;  // slot of the lowest bit; -1 = not a signal of ours
  int width = 0;
};

struct Change {
  int64_t time;
  int slot;
  uint8_t value;
};

class Source {
 public:
  explicit Source(const char* path) : file_(std::fopen(path, "rb")), buffer_(1 << 20) {
    if (!file_) fail(string("cannot open ") + path);
  }
  ~Source() { std::fclose(file_); }
  // The next word without white space; false at the end.
  bool word(string& text) {
    int c = get();
    while (c == ' ' || c == '\n' || c == '\t' || c == '\r') c = get();
    if (c < 0) return false;
    text.clear();
    while (c > ' ') {
      text.push_back(static_cast<char>(c));
      c = get();
    }
    return true;
  }

 private:
  int get() {
    if (at_ == end_) {
      end_ = std::fread(buffer_.data(), 1, buffer_.size(), file_);
      at_ = 0;
      if (end_ == 0) return -1;
    }
    return static_cast<unsigned char>(buffer_[at_++]);
  }
  std::FILE* file_;
  vector<char> buffer_;
  size_t at_ = 0, end_ = 0;
};

size_t code_of(const string& text) {
  size_t number = 0;
  for (size_t i = text.size(); i-- > 0;) number = number * 94 + static_cast<size_t>(text[i] - '!' + 1);
  return number;
}

uint8_t level(char mark) { return mark == '0' ? LOW : mark == '1' ? HIGH : UNKNOWN; }

class Counter {
 public:
  Counter(int windows, const char* mark, const char* window, vector<string> sampled)
      : windows_(windows), mark_name_(mark), window_name_(window), sampled_names_(std::move(sampled)) {}

  void read(Source& source) {
    header(source);
    string word;
    while (source.word(word)) {
      const char kind = word[0];
      if (kind == '#') {
        end_of_time();
        time_ = std::strtoll(word.c_str() + 1, nullptr, 10) * unit_ps_;
      } else if (kind == '0' || kind == '1' || kind == 'x' || kind == 'z' || kind == 'X' || kind == 'Z') {
        scalar(code_of(word.substr(1)), level(kind));
      } else if (kind == 'b' || kind == 'B') {
        const string bits = word.substr(1);
        if (!source.word(word)) fail("the dump ends inside a value");
        vector_value(code_of(word), bits);
      } else if (kind == 'r' || kind == 'R' || kind == 's') {
        if (!source.word(word)) fail("the dump ends inside a value");
      }
    }
    end_of_time();
  }

  void write(const char* path) const {
    std::FILE* file = std::fopen(path, "wb");
    if (!file) fail(string("cannot write ") + path);
    for (const auto& net : nets_) std::fprintf(file, "net %s\n", net.first.c_str());
    for (const auto& net : sampled_) std::fprintf(file, "sampled %s\n", net.first.c_str());
    std::fprintf(file, "data\n");
    put(file, cycles_);
    put(file, window_ps_);
    put(file, unknown_ps_);
    columns(file, toggles_);
    columns(file, high_ps_);
    put(file, ones_);
    vector<int64_t> net_unknown;
    for (const auto& net : nets_) net_unknown.push_back(slot_unknown_ps_[net.second]);
    put(file, net_unknown);
    if (std::fclose(file) != 0) fail(string("cannot write ") + path);
  }

 private:
  void header(Source& source) {
    string word;
    while (source.word(word)) {
      if (word == "$timescale") {
        string text;
        while (source.word(word) && word != "$end") text += word;
        unit_ps_ = text == "1ps" ? 1 : text == "1ns" ? 1000 : 0;
        if (!unit_ps_) fail("time scale " + text + " is neither 1ps nor 1ns");
      } else if (word == "$var") {
        variable(source);
      } else if (word == "$enddefinitions") {
        break;
      }
    }
    if (mark_ < 0 || window_slot_ < 0) fail("the dump lacks the signals " + mark_name_ + " and " + window_name_);
    const size_t slots = value_.size();
    pending_ = value_;
    since_.assign(slots, 0);
    slot_unknown_ps_.assign(slots, 0);
    cycles_.assign(windows_, 0);
    window_ps_.assign(windows_, 0);
    unknown_ps_.assign(windows_, 0);
    toggles_.assign(windows_, vector<int64_t>());
    high_ps_.assign(windows_, vector<int64_t>());
    ones_.assign(static_cast<size_t>(windows_) * sampled_.size(), 0);
  }

  void variable(Source& source) {
    string type, width, code, name, extra;
    if (!(source.word(type) && source.word(width) && source.word(code) && source.word(name))) fail("the dump ends in its header");
    while (source.word(extra) && extra != "$end") {
    }
    const int bits = std::atoi(width.c_str());
    const size_t number = code_of(code);
    if (signals_.size() <= number) signals_.resize(number + 1);
    Signal& signal = signals_[number];
    if (signal.first < 0) {
      signal.first = static_cast<int>(value_.size());
      signal.width = bits;
      value_.resize(value_.size() + bits, UNKNOWN);
    }
    if (name == mark_name_) {
      mark_ = signal.first;
      return;
    }
    if (name == window_name_) {
      window_slot_ = signal.first;
      window_width_ = bits;
      return;
    }
    bool chosen = false, net = true;
    for (const auto& wanted : sampled_names_) {
      if (wanted == name) chosen = true;
      if (wanted == "+" + name) chosen = true, net = false;  // of the surroundings, not of the netlist
    }
    for (int bit = 0; bit < bits; ++bit) {
      const string full = bits == 1 ? name : name + "[" + std::to_string(bit) + "]";
      if (net) nets_.emplace_back(full, signal.first + bit);
      if (chosen) sampled_.emplace_back(full, signal.first + bit);
    }
  }

  void change(int slot, uint8_t value) {
    if (pending_[slot] == value) return;
    pending_[slot] = value;
    if (slot == mark_) marked_ = true;
    now_.push_back({time_, slot, value});
  }

  void scalar(size_t code, uint8_t value) {
    if (code < signals_.size() && signals_[code].first >= 0) change(signals_[code].first, value);
  }

  void vector_value(size_t code, const string& bits) {
    if (code >= signals_.size() || signals_[code].first < 0) return;
    const Signal& signal = signals_[code];
    const int given = static_cast<int>(bits.size());
    const uint8_t filler = level(bits[0] == '1' ? '0' : bits[0]);
    for (int bit = 0; bit < signal.width; ++bit) change(signal.first + bit, bit < given ? level(bits[given - 1 - bit]) : filler);
  }

  // Changes of one point in time are complete: if a cycle starts here, the one before it can be counted.
  void end_of_time() {
    if (marked_) {
      int64_t window = 0;
      for (int bit = 0; bit < window_width_; ++bit) {
        const uint8_t value = pending_[window_slot_ + bit];
        window = value == UNKNOWN ? windows_ : window | static_cast<int64_t>(value) << bit;
        if (value == UNKNOWN) break;
      }
      end_of_cycle(started_ && window < windows_ ? static_cast<int>(window) : -1);
      started_ = true;
      cycle_start_ = time_;
      marked_ = false;
    }
    cycle_.insert(cycle_.end(), now_.begin(), now_.end());
    now_.clear();
  }

  void end_of_cycle(int window) {
    if (window != current_) {
      flush(cycle_start_);
      current_ = window;
      if (window >= 0 && toggles_[window].empty()) {
        toggles_[window].assign(value_.size(), 0);
        high_ps_[window].assign(value_.size(), 0);
      }
    }
    for (const Change& item : cycle_) apply(item);
    cycle_.clear();
    if (window < 0) return;
    ++cycles_[window];
    window_ps_[window] += time_ - cycle_start_;
    for (size_t i = 0; i < sampled_.size(); ++i) ones_[window * sampled_.size() + i] += value_[sampled_[i].second] == HIGH;
    if (++counted_ % REPORT_EVERY == 0) {
      std::printf("%lld\n", static_cast<long long>(counted_));
      std::fflush(stdout);
    }
    last_end_ = time_;
  }

  void apply(const Change& item) {
    const uint8_t before = value_[item.slot];
    if (current_ >= 0) {
      account(item.slot, before, item.time);
      toggles_[current_][item.slot] += before != UNKNOWN && item.value != UNKNOWN;
    }
    since_[item.slot] = item.time;
    value_[item.slot] = item.value;
  }

  void account(int slot, uint8_t value, int64_t until) {
    const int64_t span = until - since_[slot];
    if (value == HIGH) high_ps_[current_][slot] += span;
    if (value == UNKNOWN && slot != mark_ && (slot < window_slot_ || slot >= window_slot_ + window_width_)) {
      unknown_ps_[current_] += span;
      slot_unknown_ps_[slot] += span;
    }
    since_[slot] = until;
  }

  // The current window ends: levels that last go to it up to here.
  void flush(int64_t until) {
    for (size_t slot = 0; slot < value_.size(); ++slot) {
      if (current_ >= 0) account(static_cast<int>(slot), value_[slot], until);
      since_[slot] = until;
    }
  }

 public:
  // Call once, after read: the last window's levels.
  void finish() {
    if (current_ >= 0) flush(last_end_);
    current_ = -1;
  }

 private:
  static void put(std::FILE* file, const vector<int64_t>& values) { std::fwrite(values.data(), sizeof(int64_t), values.size(), file); }

  void columns(std::FILE* file, const vector<vector<int64_t>>& rows) const {
    vector<int64_t> line(nets_.size());
    for (const auto& row : rows) {
      for (size_t i = 0; i < nets_.size(); ++i) line[i] = row.empty() ? 0 : row[nets_[i].second];
      put(file, line);
    }
  }

  int windows_;
  string mark_name_, window_name_;
  vector<string> sampled_names_;
  int64_t unit_ps_ = 1, time_ = 0, cycle_start_ = 0, last_end_ = 0, counted_ = 0;
  int mark_ = -1, window_slot_ = -1, window_width_ = 0, current_ = -1;
  bool marked_ = false, started_ = false;
  vector<Signal> signals_;
  vector<std::pair<string, int>> nets_, sampled_;
  vector<uint8_t> value_, pending_;
  vector<int64_t> since_, slot_unknown_ps_, cycles_, window_ps_, unknown_ps_, ones_;
  vector<vector<int64_t>> toggles_, high_ps_;
  vector<Change> now_, cycle_;
};

}  // namespace

int main(int count, char** arguments) {
  if (count < 6) fail("usage: activity DUMP RESULT WINDOWS MARK WINDOW SAMPLED...");
  Counter counter(std::atoi(arguments[3]), arguments[4], arguments[5], vector<string>(arguments + 6, arguments + count));
  {
    Source source(arguments[1]);
    counter.read(source);
  }
  counter.finish();
  counter.write(arguments[2]);
  return 0;
}
