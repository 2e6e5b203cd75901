// Run loop around the Verilator model of flight_top, with a C interface for ctypes.
// One call simulates one image from its first word to its last result word.
#include <cstdint>
#include <cstring>

#include "Vflight.h"
#include "Vflight___024root.h"
#include "banks.h"

namespace {

struct Model {
    VerilatedContext context;
    Vflight top{&context};
};

template <typename Port>
void put(Port& port, const uint8_t* bytes, int count) {
    uint64_t value = 0;
    for (int i = 0; i < count; i++) value |= uint64_t(bytes[i]) << (8 * i);
    port = static_cast<Port>(value);
}

template <std::size_t Words>
void put(VlWide<Words>& port, const uint8_t* bytes, int count) {
    for (std::size_t w = 0; w < Words; w++) port[w] = 0;
    for (int i = 0; i < count; i++) port[i / 4] |= uint32_t(bytes[i]) << (8 * (i % 4));
}

template <typename Port>
void get(const Port& port, uint8_t* bytes, int count) {
    for (int i = 0; i < count; i++) bytes[i] = uint8_t(uint64_t(port) >> (8 * i));
}

template <std::size_t Words>
void get(const VlWide<Words>& port, uint8_t* bytes, int count) {
    for (int i = 0; i < count; i++) bytes[i] = uint8_t(port[i / 4] >> (8 * (i % 4)));
}

void tick(Vflight& top) {
    top.clk = 1;
    top.eval();
    top.clk = 0;
    top.eval();
}

// Stall decisions: a small generator of our own, so that a seed gives the same stalls everywhere.
struct Stalls {
    uint32_t state;
    uint32_t threshold;
    bool next() {
        state = state * 1664525u + 1013904223u;
        return (state >> 16) < threshold;
    }
};

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

struct RunOutcome {
    uint64_t cycles;        // first image word taken to last result word taken, both included
    uint64_t stall_cycles;  // of these, cycles in which the host held back a word or refused one
    int32_t status;         // the core's status
    int32_t finished;       // 1 when the whole result arrived
};

void* flight_new() { return new Model; }

// Verilator's destructors lock the thread's current context, which may be that of a model freed earlier.
void flight_free(void* handle) {
    auto* model = static_cast<Model*>(handle);
    Verilated::threadContextp(&model->context);
    delete model;
}

void flight_reset(void* handle) {
    auto& top = static_cast<Model*>(handle)->top;
    top.load_en = 0;
    top.enable = 0;
    top.image_val = 0;
    top.result_rdy = 0;
    top.clk = 0;
    top.reset = 1;
    top.eval();
    for (int i = 0; i < 3; i++) tick(top);
    top.reset = 0;
    top.eval();
}

void flight_load(void* handle, int memory, int part, const uint64_t* words, int count) {
    auto& top = static_cast<Model*>(handle)->top;
    top.load_en = 1;
    top.load_memory = memory;
    top.load_part = part;
    for (int i = 0; i < count; i++) {
        top.load_addr = i;
        top.load_data = words[i];
        top.eval();
        tick(top);
    }
    top.load_en = 0;
    top.eval();
}

// Raises or drops enable and waits until the core takes an image, stops in an error, or is idle again.
// Returns the core's status, or -1 when none of that happened in max_cycles.
int flight_enable(void* handle, int on, int max_cycles) {
    auto& top = static_cast<Model*>(handle)->top;
    top.enable = on;
    top.eval();
    for (int i = 0; i <= max_cycles; i++) {
        if (on ? (top.image_rdy || top.status) : top.state == 0) return top.status;
        tick(top);
    }
    return -1;
}

void flight_run(void* handle, const uint8_t* image, int image_words, uint8_t* result, int result_words, int word_bytes,
                uint32_t stall_threshold, uint32_t seed, uint64_t max_cycles, uint64_t* step_ends, int max_steps,
                uint8_t* snapshots, RunOutcome* outcome) {
    auto& top = static_cast<Model*>(handle)->top;
    Stalls stalls{seed, stall_threshold};
    int taken = 0, received = 0, steps = 0;
    uint64_t cycles = 0, stall_cycles = 0, waited = 0;
    while (received < result_words && cycles + waited < max_cycles && !top.status) {
        const bool hold = stalls.next(), refuse = stalls.next();
        top.image_val = taken < image_words && !hold;
        if (taken < image_words) put(top.image_msg, image + std::size_t(taken) * word_bytes, word_bytes);
        top.result_rdy = !refuse;
        top.eval();
        const bool take = top.image_val && top.image_rdy;
        const bool give = top.result_val && top.result_rdy;
        if (give) get(top.result_msg, result + std::size_t(received) * word_bytes, word_bytes);
        if ((top.image_rdy && hold && taken < image_words) || (top.result_val && refuse)) stall_cycles += taken > 0;
        taken += take;
        received += give;
        if (taken) cycles++; else waited++;
        tick(top);
        if (int(top.step_index) > steps) {
            if (steps < max_steps) step_ends[steps] = cycles;
            if (snapshots && steps < max_steps) snapshots = copy_banks(*top.rootp, snapshots);
            steps = top.step_index;
        }
    }
    top.image_val = 0;
    top.result_rdy = 0;
    top.eval();
    outcome->cycles = cycles;
    outcome->stall_cycles = stall_cycles;
    outcome->status = top.status;
    outcome->finished = received == result_words;
}

}  // extern "C"
#pragma GCC visibility pop
