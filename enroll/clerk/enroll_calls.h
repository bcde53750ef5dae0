/*
 * Calls about requests: what there is, a new one, how far one is. Rows of calls.c.
 */
#ifndef CHANCERY_CLERK_ENROLL_CALLS_H
#define CHANCERY_CLERK_ENROLL_CALLS_H

#include "enroll/clerk/calls.h"

call_fn call_enroll_status, call_enroll_start, call_enroll_for, call_request_show,
    call_history, call_list, call_status;
call_owner_fn owner_of_request, owner_of_person;

#endif
