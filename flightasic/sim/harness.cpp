// Run loop around the Verilator model of flight_top, with a C interface for ctypes.
//
// The loop is the host: it keeps the host memory, answers the program's loads in their order,
// takes its stores in theirs, both at the same time, and streams codes.
// Ready and valid come from registers of the core, so they hold from one clock edge to the next; one evaluation at the rising
// edge and one at the falling edge make a cycle.
#include <cstdint>
#include <cstring>
#include <vector>

#include "Vflight.h"
#include "Vflight___024root.h"
#include "banks.h"

namespace {

struct Transfer {
    int32_t store;      // 0 = load (host to core), 1 = store (core to host)
    int32_t base;       // word of host memory at which row 0 starts
    int32_t row_words;
    int32_t pitch;      // words from the start of a row to that of the next
    int32_t rows;
    int32_t after;      // stores of the image that must be complete before this load is served
};

// Part of a tensor to keep: from the banks at the end of a step, or from host memory once so many stores are complete.
struct Snapshot {
    int32_t host;
    int32_t when;   // index of the step, or number of stores
    int32_t base;
    int32_t words;
    int32_t place;  // first word of it in what is kept of an image
};

struct Job {
    const uint8_t* images;      // [images][image_words][word_bytes]
    uint8_t* results;           // [images][result_words][word_bytes]
    uint8_t* host;              // [host_words][word_bytes]
    const Transfer* transfers;  // of one image, in program order
    const Snapshot* snapshots;
    uint8_t* kept;              // [images][words of all snapshots][word_bytes]
    uint64_t* step_ends;        // [images][steps], cycles from the first image word taken
    uint64_t* stall_cycles;     // [images], cycles in which a stall of the host kept a stream from moving
    uint64_t* idle_cycles;      // [images], cycles from the end of the image before to the first image word taken
    uint64_t max_cycles;        // of one image
    int32_t images_count, image_words, image_base, result_words, result_base;
    int32_t word_bytes, transfer_count, snapshot_count, kept_words, steps;
    uint32_t image_threshold, result_threshold, code_threshold;  // chance of a stall, in 1/65536
    uint32_t seed;
};

struct Outcome {
    int32_t finished;     // images with a whole result
    int32_t status;       // the core's
    int32_t state;        // the core's
    int32_t step;         // the core's step_index
    int32_t wrong_lasts;  // words at which image_last or result_last disagreed with the transfer
};

struct Model {
    VerilatedContext context;
    Vflight top{&context};
    const uint8_t* banks[BANKS][LANES];
    std::vector<uint8_t> codes;  // of one image, in the order of their use; empty when they lie in the code memory
    int code_bytes = 1;
    std::size_t next_code = 0;

    Model() { find_banks(*top.rootp, banks); }

    void edge() {
        top.clk = 1;
        top.eval();
        top.clk = 0;
        top.eval();
    }
};

template <typename Port>
void put(Port& port, const uint8_t* bytes, int count) {
    uint64_t value = 0;
    std::memcpy(&value, bytes, count);
    port = static_cast<Port>(value);
}

template <std::size_t Words>
void put(VlWide<Words>& port, const uint8_t* bytes, int count) {
    port[Words - 1] = 0;
    std::memcpy(port.data(), bytes, count);
}

template <typename Port>
void get(const Port& port, uint8_t* bytes, int count) {
    const uint64_t value = port;
    std::memcpy(bytes, &value, count);
}

template <std::size_t Words>
void get(const VlWide<Words>& port, uint8_t* bytes, int count) {
    std::memcpy(bytes, port.data(), count);
}

// Stall decisions: a small generator of our own, so that a seed gives the same stalls everywhere.
struct Stalls {
    uint32_t state;
    uint32_t threshold;
    bool next() {
        if (!threshold) return false;
        state = state * 1664525u + 1013904223u;
        return (state >> 16) < threshold;
    }
};

// The words of an image's loads, or of its stores, in program order.
class Walk {
   public:
    Walk(const Transfer* first, int count, bool store) : at_(first), end_(first + count), store_(store) { skip(); }
    bool done() const { return at_ == end_; }
    int complete() const { return complete_; }  // transfers that have ended
    int after() const { return at_->after; }
    int word() const { return at_->base + row_ * at_->pitch + column_; }
    bool last() const { return column_ + 1 == at_->row_words && row_ + 1 == at_->rows; }
    void next() {
        if (++column_ < at_->row_words) return;
        column_ = 0;
        if (++row_ < at_->rows) return;
        row_ = 0;
        ++complete_;
        ++at_;
        skip();
    }

   private:
    void skip() {
        while (!done() && bool(at_->store) != store_) ++at_;
    }

    const Transfer* at_;
    const Transfer* end_;
    bool store_;
    int row_ = 0, column_ = 0, complete_ = 0;
};

// Offers the next code word; returns whether the core waited for it in vain.
bool offer_code(Model& model, bool hold) {
    auto& top = model.top;
    top.code_val = !model.codes.empty() && !hold;
    if (!top.code_val) return hold && top.code_rdy && !model.codes.empty();
    if (!top.code_rdy) return false;
    put(top.code_msg, model.codes.data() + model.next_code, model.code_bytes);
    model.next_code += model.code_bytes;
    if (model.next_code == model.codes.size()) model.next_code = 0;
    return false;
}

class Run {
   public:
    Run(Model& model, const Job& job, Outcome& outcome)
        : model_(model), top_(model.top), job_(job), outcome_(outcome) {}

    // One image from its first word to the last word of its result; false when it came to no end.
    bool image(int number) {
        const std::size_t bytes = job_.word_bytes;
        std::memcpy(job_.host + job_.image_base * bytes, job_.images + number * job_.image_words * bytes, job_.image_words * bytes);
        uint64_t* const ends = job_.step_ends + std::size_t(number) * job_.steps;
        uint64_t cycles = 0, waited = 0, stalled = 0;
        kept_ = job_.kept + std::size_t(number) * job_.kept_words * bytes;
        Walk loads(job_.transfers, job_.transfer_count, false), stores(job_.transfers, job_.transfer_count, true);
        Stalls holds{job_.seed + 3 * number, job_.image_threshold};
        Stalls refusals{job_.seed + 3 * number + 1, job_.result_threshold};
        Stalls code_holds{job_.seed + 3 * number + 2, job_.code_threshold};
        int step = 0;
        while (!loads.done() || !stores.done()) {
            if (top_.status || cycles + waited == job_.max_cycles) return false;
            const bool may_load = !loads.done() && loads.after() <= stores.complete();
            const bool stall = load(loads, may_load, holds.next()) | store(stores, refusals.next());
            const bool starved = offer_code(model_, code_holds.next());
            if (cycles || top_.image_val) cycles++; else waited++;
            if (cycles) stalled += stall || starved;
            model_.edge();
            if (top_.step_index > step && step + 1 < job_.steps) {
                ends[step] = cycles;
                keep(false, step++);
            }
        }
        ends[step] = cycles;
        keep(false, step);
        job_.stall_cycles[number] = stalled;
        job_.idle_cycles[number] = waited;
        std::memcpy(job_.results + number * job_.result_words * bytes, job_.host + job_.result_base * bytes, job_.result_words * bytes);
        return step + 1 == job_.steps;
    }

   private:
    // Drives the image stream for a cycle; returns whether a stall kept it from moving.
    bool load(Walk& walk, bool may, bool hold) {
        const bool awaited = may && top_.image_rdy;
        top_.image_val = awaited && !hold;
        if (top_.image_val) {
            put(top_.image_msg, job_.host + std::size_t(walk.word()) * job_.word_bytes, job_.word_bytes);
            outcome_.wrong_lasts += top_.image_last != walk.last();
            walk.next();
        }
        return awaited && hold;
    }

    // The same for the result stream.
    bool store(Walk& walk, bool refuse) {
        const bool offered = !walk.done() && top_.result_val;
        top_.result_rdy = !walk.done() && !refuse;
        if (offered && !refuse) {
            get(top_.result_msg, job_.host + std::size_t(walk.word()) * job_.word_bytes, job_.word_bytes);
            outcome_.wrong_lasts += top_.result_last != walk.last();
            const bool last = walk.last();
            walk.next();
            if (last) keep(true, walk.complete());
        }
        return offered && refuse;
    }

    void keep(bool host, int when) {
        for (const Snapshot* item = job_.snapshots; item != job_.snapshots + job_.snapshot_count; item++) {
            if (bool(item->host) != host || item->when != when) continue;
            uint8_t* to = kept_ + std::size_t(item->place) * job_.word_bytes;
            for (int word = item->base; word < item->base + item->words; word++, to += job_.word_bytes) {
                if (host) {
                    std::memcpy(to, job_.host + std::size_t(word) * job_.word_bytes, job_.word_bytes);
                } else {
                    for (int lane = 0; lane < LANES; lane++) to[lane] = model_.banks[word % BANKS][lane][word / BANKS];
                }
            }
        }
    }

    Model& model_;
    Vflight& top_;
    const Job& job_;
    Outcome& outcome_;
    uint8_t* kept_ = nullptr;  // of the image under way
};

void rest(Vflight& top) {
    top.load_en = 0;
    top.image_val = 0;
    top.result_rdy = 0;
    top.code_val = 0;
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

void* flight_new() { return new Model; }

// Verilator's destructors lock the thread's current context, which may be that of a model freed earlier.
void flight_free(void* handle) {
    auto* model = static_cast<Model*>(handle);
    Verilated::threadContextp(&model->context);
    delete model;
}

void flight_reset(void* handle) {
    auto& model = *static_cast<Model*>(handle);
    rest(model.top);
    model.top.enable = 0;
    model.top.reset = 1;
    for (int i = 0; i < 3; i++) model.edge();
    model.top.reset = 0;
    model.edge();
    model.next_code = 0;
}

void flight_load(void* handle, int memory, int part, const uint64_t* words, int count) {
    auto& model = *static_cast<Model*>(handle);
    model.top.load_en = 1;
    model.top.load_memory = memory;
    model.top.load_part = part;
    for (int i = 0; i < count; i++) {
        model.top.load_addr = i;
        model.top.load_data = words[i];
        model.edge();
    }
    model.top.load_en = 0;
}

// The codes to stream: those of one image, in the order of their use; none when they lie in the code memory.
void flight_codes(void* handle, const uint8_t* codes, int count, int bytes) {
    auto& model = *static_cast<Model*>(handle);
    model.codes.assign(codes, codes + std::size_t(count) * bytes);
    model.code_bytes = bytes;
    model.next_code = 0;
}

// Raises or drops enable and waits until the core takes an image, stops in an error, or is idle again.
// Returns the core's status, or -1 when none of that happened in max_cycles.
int flight_enable(void* handle, int on, int max_cycles) {
    auto& model = *static_cast<Model*>(handle);
    auto& top = model.top;
    rest(top);
    top.enable = on;
    for (int i = 0; i <= max_cycles; i++) {
        if (on) offer_code(model, false);
        model.edge();
        if (on ? (top.image_rdy || top.status) : top.state == 0) break;
        if (i == max_cycles) return -1;
    }
    if (!on) model.next_code = 0;
    return top.status;
}

void flight_run(void* handle, const Job* job, Outcome* outcome) {
    auto& model = *static_cast<Model*>(handle);
    Run run(model, *job, *outcome);
    outcome->wrong_lasts = 0;
    for (outcome->finished = 0; outcome->finished < job->images_count; outcome->finished++) {
        if (!run.image(outcome->finished)) break;
    }
    rest(model.top);
    outcome->status = model.top.status;
    outcome->state = model.top.state;
    outcome->step = model.top.step_index;
}

}  // extern "C"
#pragma GCC visibility pop
