// An AXI4-Lite master and three AXI4-Stream ends around the Verilator model of flight_axi, with a C interface for ctypes.
#include <cstdint>
#include <cstring>
#include <deque>
#include <vector>

#include "Vflight.h"

namespace {

struct Word {
    std::vector<uint8_t> bytes;
    bool last;
};

struct Model {
    VerilatedContext context;
    Vflight top{&context};
    std::deque<Word> images, codes, results;
    int result_bytes = 1;
    int complete = 0;  // transfers in results that have ended

    // One clock cycle; the streams move whenever both sides agree. Ports hold their bytes as memory does, lowest first.
    void cycle() {
        top.s_axis_image_tvalid = !images.empty();
        if (!images.empty()) {
            std::memcpy(static_cast<void*>(&top.s_axis_image_tdata), images.front().bytes.data(), images.front().bytes.size());
            top.s_axis_image_tlast = images.front().last;
        }
        top.s_axis_code_tvalid = !codes.empty();
        if (!codes.empty()) std::memcpy(static_cast<void*>(&top.s_axis_code_tdata), codes.front().bytes.data(), codes.front().bytes.size());
        top.m_axis_result_tready = 1;
        top.aclk = 0;
        top.eval();
        const bool image = top.s_axis_image_tvalid && top.s_axis_image_tready;
        const bool code = top.s_axis_code_tvalid && top.s_axis_code_tready;
        if (image) images.pop_front();
        if (code) codes.pop_front();
        if (top.aresetn && top.m_axis_result_tvalid) {
            const auto* bytes = reinterpret_cast<const uint8_t*>(&top.m_axis_result_tdata);
            results.push_back({{bytes, bytes + result_bytes}, bool(top.m_axis_result_tlast)});
            complete += top.m_axis_result_tlast;
        }
        top.aclk = 1;
        top.eval();
    }
};

void send(std::deque<Word>& queue, const uint8_t* data, int words, int word_bytes) {
    for (int i = 0; i < words; i++) queue.push_back({{data + i * word_bytes, data + (i + 1) * word_bytes}, i + 1 == words});
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

void* axi_new(int result_bytes) {
    auto* model = new Model;
    model->result_bytes = result_bytes;
    model->top.aresetn = 0;
    for (int i = 0; i < 3; i++) model->cycle();
    model->top.aresetn = 1;
    return model;
}

// Verilator's destructors lock the thread's current context, which may be that of a model freed earlier.
void axi_free(void* handle) {
    auto* model = static_cast<Model*>(handle);
    Verilated::threadContextp(&model->context);
    delete model;
}

// The response to a write, or -1 when there was none in max_cycles.
int axi_write(void* handle, uint32_t address, uint32_t value, int max_cycles) {
    auto& model = *static_cast<Model*>(handle);
    auto& top = model.top;
    top.s_axi_awaddr = address;
    top.s_axi_wdata = value;
    top.s_axi_wstrb = 0xF;
    top.s_axi_awvalid = top.s_axi_wvalid = top.s_axi_bready = 1;
    int response = -1;
    for (int i = 0; i < max_cycles && response < 0; i++) {
        const bool address_taken = top.s_axi_awready, data_taken = top.s_axi_wready;
        if (top.s_axi_bvalid) response = top.s_axi_bresp;
        model.cycle();
        if (address_taken) top.s_axi_awvalid = 0;
        if (data_taken) top.s_axi_wvalid = 0;
    }
    top.s_axi_awvalid = top.s_axi_wvalid = top.s_axi_bready = 0;
    return response;
}

// The same for a read.
int axi_read(void* handle, uint32_t address, uint32_t* value, int max_cycles) {
    auto& model = *static_cast<Model*>(handle);
    auto& top = model.top;
    top.s_axi_araddr = address;
    top.s_axi_arvalid = top.s_axi_rready = 1;
    int response = -1;
    for (int i = 0; i < max_cycles && response < 0; i++) {
        const bool taken = top.s_axi_arready;
        if (top.s_axi_rvalid) {
            response = top.s_axi_rresp;
            *value = top.s_axi_rdata;
        }
        model.cycle();
        if (taken) top.s_axi_arvalid = 0;
    }
    top.s_axi_arvalid = top.s_axi_rready = 0;
    return response;
}

void axi_send_image(void* handle, const uint8_t* data, int words, int word_bytes) {
    send(static_cast<Model*>(handle)->images, data, words, word_bytes);
}

void axi_send_codes(void* handle, const uint8_t* data, int words, int word_bytes) {
    send(static_cast<Model*>(handle)->codes, data, words, word_bytes);
}

// Runs until a transfer of the result stream has ended or max_cycles have passed; the words of it, in data as far as they fit, or
// -1 when it has not ended.
int axi_receive(void* handle, uint8_t* data, int words, uint64_t max_cycles) {
    auto& model = *static_cast<Model*>(handle);
    for (uint64_t i = 0; i < max_cycles && !model.complete; i++) model.cycle();
    if (!model.complete) return -1;
    for (int received = 0;;) {
        const Word word = model.results.front();
        model.results.pop_front();
        if (received < words) std::memcpy(data + received * word.bytes.size(), word.bytes.data(), word.bytes.size());
        received++;
        if (word.last) {
            model.complete--;
            return received;
        }
    }
}

void axi_flush(void* handle) {
    auto& model = *static_cast<Model*>(handle);
    model.images.clear();
    model.codes.clear();
    model.results.clear();
    model.complete = 0;
}

}  // extern "C"
#pragma GCC visibility pop
