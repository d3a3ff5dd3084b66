#include "record/problem.h"

#include <assert.h>

const struct problem_info *problem_info(enum problem id)
{
    static const struct problem_info info[] = {
#define X(symbol, id, severity, by_call_id, text, command) {id, text, command, severity, by_call_id},
        PROBLEMS(X)
#undef X
    };
    assert(id < PROBLEM_COUNT);
    return &info[id];
}
