"""What the bridge does with a frame: take it in, check it, do it, answer (docs/board.md)."""

from pymtl3 import Component, InPort, OutPort, Wire, concat, mk_bits, update, update_ff, zext

from flightasic.hw.uart_check import UartCheck
from flightasic.hw.uart_queue import ENTRY_BITS
from flightasic.registers import ADDRESS, ADDRESS_BITS, DATA_BITS, bit_range
from flightasic.uart_protocol import CHECK_BYTES, HELLO_MARK, REPLY_BYTES, REQUESTS, VERSION, Answer, Operation

(OPERATION, LENGTH, BODY, JUDGE, ACCESS, STATUS, REPLY, TAKEN, ENDS, CHECK_HIGH, CHECK_LOW, LOST, POLL) = range(13)
STATE_BITS = 4
POLL_BITS = 12  # the core's status is read every 2^12 cycles, unless a frame is under way
CORE_BITS = bit_range("status", "busy")[1]
_ARGS_BITS = 8 * REPLY_BYTES


class UartFrames(Component):
    """Ports: bytes from and to the line; a register access at a time; put and keep of the stream queues; bytes of results.

    Nothing is done before the check of a frame is right: bytes of a stream are put as they come and kept, or dropped, at the end.
    ``core``: the lower bits of the accelerator's status register, read now and then; ``lost``: frames were lost since the last HELLO.
    """

    def construct(s, depth: int) -> None:
        depth_log2 = depth.bit_length() - 1
        level_t, entry_t = mk_bits(depth.bit_length()), mk_bits(ENTRY_BITS)
        hello, read, write = int(Operation.HELLO), int(Operation.READ), int(Operation.WRITE)
        image, image_end, codes = int(Operation.IMAGE), int(Operation.IMAGE_END), int(Operation.CODES)
        take, levels, clear = int(Operation.TAKE), int(Operation.LEVELS), int(Operation.CLEAR)
        ok, refused, no_room = int(Answer.OK), int(Answer.REFUSED), int(Answer.NO_ROOM)
        bad_frame, bad_byte, overrun = int(Answer.BAD_FRAME), int(Answer.BAD_BYTE), int(Answer.OVERRUN)
        read_length, write_length, take_length = (REQUESTS[each].payload for each in (Operation.READ, Operation.WRITE, Operation.TAKE))
        hello_bytes, read_bytes, levels_bytes = (REQUESTS[each].reply for each in (Operation.HELLO, Operation.READ, Operation.LEVELS))
        greeting = int.from_bytes(HELLO_MARK + bytes([VERSION, depth_log2]), "little")
        status_address = ADDRESS["status"]
        s.line_offers = InPort(1)
        s.line_entry = InPort(entry_t)
        s.line_take = OutPort(1)
        s.line_clear = OutPort(1)
        s.overflow = InPort(1)
        s.quiet = InPort(1)
        s.octet = OutPort(8)
        s.octet_offered = OutPort(1)
        s.octet_ready = InPort(1)
        s.write = OutPort(1)
        s.read = OutPort(1)
        s.address = OutPort(mk_bits(ADDRESS_BITS))
        s.data = OutPort(mk_bits(DATA_BITS))
        s.access_done = InPort(1)
        s.access_refused = InPort(1)
        s.access_value = InPort(mk_bits(DATA_BITS))
        s.clear = OutPort(1)
        s.put_entry = OutPort(entry_t)
        s.put_image = OutPort(1)
        s.put_codes = OutPort(1)
        s.keep_image = OutPort(1)
        s.keep_codes = OutPort(1)
        s.drop = OutPort(1)
        s.image_full = InPort(1)
        s.codes_full = InPort(1)
        s.image_free = InPort(level_t)
        s.codes_free = InPort(level_t)
        s.results_held = InPort(level_t)
        s.result_offers = InPort(1)
        s.result_entry = InPort(entry_t)
        s.result_take = OutPort(1)
        s.core = OutPort(mk_bits(CORE_BITS))
        s.lost = OutPort(1)

        s.state = Wire(mk_bits(STATE_BITS))
        s.operation = Wire(8)
        s.length = Wire(8)
        s.remaining = Wire(9)
        s.args = Wire(mk_bits(_ARGS_BITS))
        s.over = Wire(1)
        s.overran = Wire(1)
        s.status = Wire(8)
        s.reply = Wire(mk_bits(_ARGS_BITS))
        s.reply_left = Wire(4)
        s.take_left = Wire(8)
        s.taken = Wire(8)
        s.ends = Wire(8)
        s.poll = Wire(mk_bits(POLL_BITS))

        s.taking_in = Wire(1)
        s.arrives = Wire(1)
        s.fails = Wire(1)
        s.loses = Wire(1)
        s.is_image = Wire(1)
        s.is_codes = Wire(1)
        s.payload = Wire(1)
        s.room = Wire(1)
        s.well_formed = Wire(1)
        s.judged = Wire(8)
        s.does = Wire(1)
        s.far = Wire(1)
        s.accesses = Wire(1)
        s.sends = Wire(1)
        s.polls = Wire(1)
        s.check_octet = Wire(8)
        s.check = UartCheck()
        s.check.octet //= s.check_octet

        @update
        def up_line() -> None:
            s.taking_in @= s.state <= BODY
            s.fails @= s.taking_in & (s.overran | (s.line_offers & s.line_entry[8]))
            s.arrives @= s.taking_in & s.line_offers & ~s.fails
            s.line_take @= s.arrives
            s.line_clear @= s.state == LOST
            s.is_image @= (s.operation == image) | (s.operation == image_end)
            s.is_codes @= s.operation == codes
            s.payload @= (s.state == BODY) & (s.remaining > CHECK_BYTES)
            s.room @= (s.is_image & ~s.image_full) | (s.is_codes & ~s.codes_full)
            s.put_image @= s.arrives & s.payload & s.is_image & s.room
            s.put_codes @= s.arrives & s.payload & s.is_codes & s.room
            s.put_entry @= concat((s.operation == image_end) & (s.remaining == CHECK_BYTES + 1), s.line_entry[0:8])

        @update
        def up_judge() -> None:
            s.well_formed @= s.is_image | s.is_codes
            if (s.operation == hello) | (s.operation == levels) | (s.operation == clear):
                s.well_formed @= s.length == 0
            if s.operation == read:
                s.well_formed @= s.length == read_length
            if s.operation == write:
                s.well_formed @= s.length == write_length
            if s.operation == take:
                s.well_formed @= s.length == take_length
            # The last bytes of the payload are the uppermost of the arguments.
            s.far @= s.args[ADDRESS_BITS:16] != 0
            s.address @= s.args[0:ADDRESS_BITS]
            if s.operation == read:
                s.far @= s.args[32 + ADDRESS_BITS : 48] != 0
                s.address @= s.args[32 : 32 + ADDRESS_BITS]
            if s.state == OPERATION:
                s.address @= status_address
            s.data @= s.args[16:48]
            s.accesses @= (s.operation == read) | (s.operation == write)
            s.judged @= ok
            if ~s.well_formed | (s.check.value != 0):
                s.judged @= bad_frame
            elif s.accesses & s.far:
                s.judged @= refused
            elif s.over | ((s.operation == take) & (zext(s.args[40:48], 16) > zext(s.results_held, 16))):
                s.judged @= no_room

        @update
        def up_do() -> None:
            s.does @= (s.state == JUDGE) & (s.judged == ok)
            s.keep_image @= s.does & s.is_image
            s.keep_codes @= s.does & s.is_codes
            s.drop @= s.fails | ((s.state == JUDGE) & (s.judged != ok))
            s.clear @= s.does & (s.operation == clear)
            s.polls @= (s.state == OPERATION) & ~s.line_offers & ~s.overran & (s.poll == 0)
            s.write @= s.does & (s.operation == write)
            s.read @= (s.does & (s.operation == read)) | s.polls

        @update
        def up_answer() -> None:
            s.octet_offered @= (
                (s.state == STATUS) | (s.state == REPLY) | (s.state == ENDS) | (s.state == CHECK_HIGH) | (s.state == CHECK_LOW)
            )
            s.octet @= s.status
            if s.state == REPLY:
                s.octet @= s.reply[0:8]
            if s.state == TAKEN:
                s.octet_offered @= s.result_offers
                s.octet @= s.result_entry[0:8]
            if s.state == ENDS:
                s.octet @= s.ends
            if s.state == CHECK_HIGH:
                s.octet @= s.check.value[8:16]
            if s.state == CHECK_LOW:
                s.octet @= s.check.value[0:8]
            s.sends @= s.octet_offered & s.octet_ready
            s.result_take @= s.sends & (s.state == TAKEN)

        @update
        def up_check() -> None:
            s.check.start @= (s.state == OPERATION) | (s.state == STATUS)
            s.check.takes @= s.arrives | (s.sends & (s.state != CHECK_HIGH) & (s.state != CHECK_LOW))
            s.check_octet @= s.octet
            if s.arrives:
                s.check_octet @= s.line_entry[0:8]

        @update_ff
        def up_take_in() -> None:
            if s.arrives:
                if s.state == OPERATION:
                    s.operation <<= s.line_entry[0:8]
                    s.over <<= 0
                elif s.state == LENGTH:
                    s.remaining <<= zext(s.line_entry[0:8], 9) + CHECK_BYTES
                    s.length <<= s.line_entry[0:8]
                else:
                    s.remaining <<= s.remaining - 1
                    if s.payload:
                        s.args <<= concat(s.line_entry[0:8], s.args[8:48])
                        if (s.is_image | s.is_codes) & ~s.room:
                            s.over <<= 1

        @update_ff
        def up_reply() -> None:
            if s.state == JUDGE:
                s.take_left <<= s.args[40:48]
                s.taken <<= 0
                s.ends <<= 0
                s.reply_left <<= 0
                s.reply <<= concat(zext(s.results_held, 16), zext(s.codes_free, 16), zext(s.image_free, 16))
                if s.operation == levels:
                    s.reply_left <<= levels_bytes
                if s.operation == hello:
                    s.reply_left <<= hello_bytes
                    s.reply <<= greeting
            elif s.state == ACCESS:
                s.reply <<= zext(s.access_value, 48)
                if s.operation == read:
                    s.reply_left <<= read_bytes
            elif s.sends & (s.state == REPLY):
                s.reply <<= s.reply >> 8
                s.reply_left <<= s.reply_left - 1
            elif s.result_take:
                s.take_left <<= s.take_left - 1
                s.taken <<= s.taken + 1
                if s.result_entry[8] & (s.ends == 0):
                    s.ends <<= s.taken + 1

        @update_ff
        def up_status() -> None:
            s.poll <<= s.poll + 1
            if s.reset:
                s.poll <<= 1
                s.core <<= 0
                s.lost <<= 0
                s.overran <<= 0
            else:
                if s.fails:
                    s.status <<= bad_byte
                    if s.overran:
                        s.status <<= overrun
                elif s.state == JUDGE:
                    s.status <<= s.judged
                elif (s.state == ACCESS) & s.access_done & s.access_refused:
                    s.status <<= refused
                if (s.state == POLL) & s.access_done:
                    s.core <<= s.access_value[0:CORE_BITS]
                s.overran <<= s.overflow | (s.overran & (s.state != LOST))
                s.lost <<= (s.lost | s.loses) & ~(s.does & (s.operation == hello))

        @update
        def up_loses() -> None:
            s.loses @= (s.status == bad_frame) | (s.status == bad_byte) | (s.status == overrun)

        @update_ff
        def up_state() -> None:
            if s.reset:
                s.state <<= LOST
            elif s.fails:
                s.state <<= STATUS
            elif s.state == OPERATION:
                if s.arrives:
                    s.state <<= LENGTH
                elif s.polls:
                    s.state <<= POLL
            elif s.state == LENGTH:
                if s.arrives:
                    s.state <<= BODY
            elif s.state == BODY:
                if s.arrives & (s.remaining == 1):
                    s.state <<= JUDGE
            elif s.state == JUDGE:
                s.state <<= STATUS
                if s.does & s.accesses:
                    s.state <<= ACCESS
            elif s.state == ACCESS:
                if s.access_done:
                    s.state <<= STATUS
            elif s.state == STATUS:
                if s.sends:
                    s.state <<= CHECK_HIGH
                    if (s.status == ok) & (s.reply_left != 0):
                        s.state <<= REPLY
                    if (s.status == ok) & (s.operation == take):
                        s.state <<= TAKEN
                        if s.take_left == 0:
                            s.state <<= ENDS
            elif s.state == REPLY:
                if s.sends & (s.reply_left == 1):
                    s.state <<= CHECK_HIGH
            elif s.state == TAKEN:
                if s.sends & (s.take_left == 1):
                    s.state <<= ENDS
            elif s.state == ENDS:
                if s.sends:
                    s.state <<= CHECK_HIGH
            elif s.state == CHECK_HIGH:
                if s.sends:
                    s.state <<= CHECK_LOW
            elif s.state == CHECK_LOW:
                if s.sends:
                    s.state <<= OPERATION
                    if s.loses:
                        s.state <<= LOST
            elif s.state == LOST:
                if s.quiet:
                    s.state <<= OPERATION
            elif s.access_done:
                s.state <<= OPERATION
