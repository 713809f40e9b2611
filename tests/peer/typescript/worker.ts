// A worker on the TypeScript SDK: one scalar function, one table function that takes filters, one table over it.
// Run by a node that strips types (22.18 and later): see tests/cli/test_typescript.py.
import { Arguments, Worker, batchFromColumns, defineScalarFunction, defineTableFunction, int, str, toSchema } from "@query-farm/vgi";

const multiply = defineScalarFunction({
    name: "multiply",
    description: "The product of two integers",
    params: { a: int, b: int },
    returns: int,
    compute: (batch) => {
        const a = batch.getChildAt(0)!, b = batch.getChildAt(1)!;
        return Array.from({ length: batch.numRows }, (_, i) => {
            const x = a.get(i), y = b.get(i);
            return x == null || y == null ? null : x * y;
        });
    },
});

const schema = toSchema({ n: int, name: str });

const count = defineTableFunction({
    name: "count_up",
    description: "The integers below n, with names",
    args: { n: int },
    onBind: () => ({ outputSchema: schema }),
    initialState: ({ args }) => ({ next: 0, stop: Number(args.n) }),
    process: (_params, state, out) => {
        if (state.next >= state.stop) return out.finish();
        const end = Math.min(state.next + 100, state.stop);
        const n: bigint[] = [], name: (string | null)[] = [];
        for (let i = state.next; i < end; i++) {
            n.push(BigInt(i));
            name.push(i % 7 === 0 ? null : `number ${i}`);
        }
        state.next = end;
        out.emit(batchFromColumns({ n, name }, schema));
    },
    filterPushdown: true,
    autoApplyFilters: true,
    projectionPushdown: true,
});

new Worker({
    catalog: {
        name: "numbers",
        schemas: [{
            name: "main",
            functions: [multiply, count],
            tables: [{ name: "thousand", columns: schema, function: count, arguments: new Arguments([1000n]) }],
        }],
    },
} as never).run();
